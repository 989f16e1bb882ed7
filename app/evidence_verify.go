package app

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
)

// VerifyEvidenceOptions say which bundle `memberzone evidence verify` checks.
type VerifyEvidenceOptions struct {
	File   string
	SHA256 string // that the bundle must have, as ParseFingerprint reads it; empty for any
	Out    io.Writer
}

// errAnotherBundle tells of a bundle that holds and is not the one that is asked for.
var errAnotherBundle = errors.New(
	"the bundle's SHA-256 is not the one that was given: it is another bundle, or one that somebody else made")

// ParseFingerprint reads a SHA-256 as the transaction's page, the audit log and bundles
// write it.
func ParseFingerprint(text string) (string, error) { return evidence.ParseFingerprint(text) }

// VerifyEvidence checks a bundle without any database and writes in words what was
// confirmed (zh-Hant-TW), and what the file cannot prove. It returns evidence.ErrBundle
// with the first thing that does not hold.
func VerifyEvidence(o VerifyEvidenceOptions) error {
	raw, err := readBundle(o.File)
	if err != nil {
		return err
	}
	b, _, err := evidence.Read(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	if o.SHA256 != "" {
		want, err := evidence.ParseFingerprint(o.SHA256)
		if err != nil {
			return err
		}
		if want != b.SHA256 {
			return fmt.Errorf("%s: %w", o.File, errAnotherBundle)
		}
	}
	return tellEvidence(o.Out, b, o.SHA256 != "")
}

func readBundle(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the bundle: %w", err)
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, evidence.BundleBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	return raw, nil
}

// tellEvidence writes what a bundle that holds says.
func tellEvidence(out io.Writer, b evidence.Bundle, compared bool) error {
	kind, meaning := b.Passkey.KindText()
	const stamp = "2006-01-02 15:04:05.000"
	lines := [][2]string{
		{"結果", "驗證通過"},
		{"內容", b.Sentence()},
		{"金流交易序號", b.Payment.TradeNo},
		{"商店訂單編號", b.Payment.OrderNo},
		{"商店代號", b.Payment.MerchantID},
		{"卡片", b.Payment.Card},
		{"確認方式", kind + "：" + meaning},
		{"Passkey", b.Passkey.Reach()},
		{"瀏覽器", evidence.BrowserText(b.Passkey.Browser)},
		{"RP ID", b.Evidence.RPID},
		{"提出確認", b.Payment.AskedAt.In(clock.Taipei).Format(stamp)},
		{"完成確認", b.Payment.ConfirmedAt.In(clock.Taipei).Format(stamp)},
		{"SHA-256", b.Fingerprint()},
	}
	if b.Binding != nil {
		lines = append(lines, [2]string{"Passkey 建立", b.Binding.BoundAt.In(clock.Taipei).Format(stamp)})
	}
	lines = append(lines, [2]string{"能證明", evidence.Proves})
	if compared {
		lines = append(lines, [2]string{"已比對", "SHA-256 與您提供的相同：檔案即為本平台當時提供的證據檔。"})
	} else {
		lines = append(lines, [2]string{"不能證明", evidence.ProvesNot})
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(out, "%s：%s\n", line[0], line[1]); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
	}
	return nil
}
