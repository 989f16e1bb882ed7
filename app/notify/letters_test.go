package notify_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	written = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) // noon in Taipei
	later   = written.Add(26 * time.Hour)
)

// letters are all letters, by the name of their golden file. What people typed holds what
// must not become a part of the HTML.
func letters() map[string]notify.Mail {
	all := map[string]notify.Mail{}
	maps.Copy(all, olderLetters())
	maps.Copy(all, onboardingLetters())
	return all
}

func olderLetters() map[string]notify.Mail {
	link := notify.LinkLetter{
		To: "clerk@shop.example", Member: "晴川選物股份有限公司", Login: "clerk01",
		URL: "https://mz.example/link/TOKEN", ExpiresAt: later, At: written,
	}
	staff := link
	staff.Member, staff.Login = "", "agent01"
	changed := notify.CredentialChanged{
		To: "clerk@shop.example", Member: "晴川選物股份有限公司", Login: "clerk01", What: "已新增 Passkey", At: written,
	}
	other := changed
	other.Passkeys, other.URL = 2, "https://mz.example/member/account"
	access := notify.AccessLink{
		To: "clerk@shop.example", Member: "晴川選物股份有限公司", MemberCode: "12345675", Login: "clerk01",
		URL: "https://mz.example/link/TOKEN", Until: later, At: written,
	}
	asked := notify.Access{
		To: "owner@shop.example", Member: "晴川選物股份有限公司", Login: "clerk01", Area: "銷售中心", Section: "交易查詢",
		Row: "信用卡交易專用查詢", Level: "可瀏覽", URL: "https://mz.example/member", At: written,
	}
	granted := asked
	granted.Granted = true
	return map[string]notify.Mail{
		"paid": notify.PaidMail(notify.Paid{
			To: "payer@mail.example", Store: "晴川<b>一店</b>", OrderNo: "Tea_1", TradeNo: "26112412000012345",
			Item: `茶 & <script>alert("x")</script>`, Amount: 1250, Card: "1111", At: written,
		}),
		"undelivered": notify.UndeliveredMail(notify.Undelivered{
			To: "owner@shop.example", Store: "晴川一店", OrderNo: "Tea_1", TradeNo: "26112412000012345",
			URL: "https://shop.example/notify?a=1&b=2", Tries: 4, Reason: "商店回應 HTTP 500，僅 200 視為送達", At: written,
		}),
		"staff_invitation":         notify.StaffInvitationMail(staff),
		"recovery":                 notify.RecoveryMail(link),
		"credential_changed":       notify.CredentialChangedMail(changed),
		"credential_changed_other": notify.CredentialChangedMail(other),
		"approval": notify.ApprovalMail(notify.Approval{
			To: "owner@shop.example", Member: "晴川選物股份有限公司", Login: "clerk01", Action: "退款",
			TradeNo: "26112412000012345", OrderNo: "Tea_1", Amount: 1250, Until: later,
			URL: "https://mz.example/member/sales/credit-cards/approvals", At: written,
		}),
		"invitation":     notify.InvitationMail(access),
		"password_reset": notify.PasswordResetMail(access),
		"access_request": notify.AccessRequestMail(asked),
		"access_granted": notify.AccessDecisionMail(granted),
		"access_refused": notify.AccessDecisionMail(asked),
		"keyring": notify.KeyringMail(notify.KeyringLetter{
			To: "payer@mail.example", URL: "https://mz.example/keyring/TOKEN", ExpiresAt: later, At: written,
		}),
	}
}

func onboardingLetters() map[string]notify.Mail {
	about := notify.Application{
		To: "lin@shop.example", Name: "林小姐", Receipt: "PK261124-7H3K9Q", Subject: "Passkey服務",
		URL: "https://mz.example/passkey/progress/TOKEN", At: written,
	}
	moved := func(step notify.Step, state string) notify.ApplicationMoved {
		return notify.ApplicationMoved{Application: about, Step: step, State: state}
	}
	confirmed := moved(notify.StepConfirmed, "資料確認")
	confirmed.From = clock.DateOf(written).AddDays(3)
	confirmed.Until = clock.DateOf(written).AddDays(7)
	returned := moved(notify.StepReturned, "已退回")
	returned.Reason, returned.Text = "無法聯絡", "三次致電未接。\r\n<b>請確認電話</b>後重新申請。"
	merged := moved(notify.StepMerged, "已併案")
	merged.Into = "PK261123-AAAAAA"
	spam := about
	spam.Name = "http://evil.example 立即領獎"
	store := notify.StoreSwitched{
		To: "owner@shop.example", Member: "晴川選物股份有限公司", Store: "晴川一店", MerchantID: "MS100000001",
		Receipt: "PK261124-7H3K9Q", URL: "https://mz.example/member/stores/MS100000001", At: written,
	}
	off := store
	off.Receipt, off.Reason, off.Text = "", "會員要求", "依來電辦理。"
	return map[string]notify.Mail{
		"application_received": notify.ApplicationReceivedMail(notify.ApplicationReceived{
			Application: about, Slots: []string{"10:00~12:00", "15:00~18:00"}, ExpiresAt: later,
		}),
		"application_received_member": notify.ApplicationReceivedMail(notify.ApplicationReceived{
			Application: about, Slots: []string{"13:00~15:00"}, Stores: []string{"晴川一店 MS100000001"},
		}),
		"question_received": notify.ApplicationReceivedMail(notify.ApplicationReceived{
			Application: spam, Question: true, Slots: []string{"13:00~15:00"}, ExpiresAt: later,
		}),
		"application_contacting":  notify.ApplicationMovedMail(moved(notify.StepContacting, "聯繫中")),
		"application_confirmed":   notify.ApplicationMovedMail(confirmed),
		"application_activating":  notify.ApplicationMovedMail(moved(notify.StepActivating, "開通作業")),
		"application_returned":    notify.ApplicationMovedMail(returned),
		"application_withdrawn":   notify.ApplicationMovedMail(moved(notify.StepWithdrawn, "已撤回")),
		"question_answered":       notify.ApplicationMovedMail(moved(notify.StepAnswered, "已回覆")),
		"application_merged":      notify.ApplicationMovedMail(merged),
		"application_other_state": notify.ApplicationMovedMail(moved("submitted", "已送出")),
		"info_asked": notify.InfoAskedMail(notify.InfoAsked{
			Application: about, Reason: "NotifyURL 無法連線", Text: "請確認 NotifyURL 能回應 HTTP 200。",
		}),
		"application_link": notify.ApplicationLinkMail(notify.ApplicationLink{
			To: "lin@shop.example", Receipt: "PK261124-7H3K9Q", URL: "https://mz.example/passkey/progress/TOKEN",
			ExpiresAt: later, At: written,
		}),
		"activated":   notify.ActivatedMail(store),
		"deactivated": notify.DeactivatedMail(off),
	}
}

// TestLettersMatchTheirGoldenFiles shows every change of a letter in a review. Run with
// -update after looking.
func TestLettersMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, m := range letters() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !m.At.Equal(written) || !strings.Contains(m.To, "@") {
				t.Errorf("to %q at %v", m.To, m.At)
			}
			file := filepath.Join("testdata", "letters", name+".txt")
			got := "Subject: " + m.Subject + "\n\n" + m.Text + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// plain are the elements that a letter's HTML is made of: none runs, loads or sends anything.
var plain = map[string]bool{
	"html": true, "head": true, "meta": true, "title": true, "body": true, "div": true, "p": true, "br": true, "a": true,
	"table": true, "tbody": true, "tr": true, "th": true, "td": true,
}

// read returns the words of a letter's HTML and where its links lead.
func read(t *testing.T, page string) (words string, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for node := range root.Descendants() {
		switch node.Type {
		case html.TextNode:
			all.WriteString(node.Data + "\n")
		case html.ElementNode:
			if !plain[node.Data] {
				t.Errorf("the HTML holds <%s>", node.Data)
			}
			for _, a := range node.Attr {
				if a.Key == "src" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
					t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
				}
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
	}
	return all.String(), links
}

var address = regexp.MustCompile(`https://mz\.example/\S+`)

// The HTML says what the text says, leads where the text does, and nowhere else.
func TestTheHTMLSaysWhatTheTextSays(t *testing.T) {
	t.Parallel()
	for name, m := range letters() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words, links := read(t, m.HTML)
			want := address.FindAllString(m.Text, -1)
			if !slices.Equal(links, want) {
				t.Errorf("links %q, want %q", links, want)
			}
			for line := range strings.SplitSeq(m.Text, "\n") {
				label, value, isFact := strings.Cut(line, "：")
				switch {
				case strings.Contains(words, line):
				case isFact && strings.Contains(words, label) && slices.Contains(links, value):
				case isFact && strings.Contains(words, label+"\n") && strings.Contains(words, value+"\n"):
				default:
					t.Errorf("the HTML does not say %q", line)
				}
			}
		})
	}
}

// Whatever people write stays words: it makes no element and no link.
func TestWhatIsWrittenStaysWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			`"><script>alert(1)</script>`, "<img src=x onerror=alert(1)>", "</title></p></td></table>", "{{.}}", "&lt;b&gt;",
			"<!--", "javascript:alert(1)", "<a href=https://evil.example>x</a>", "\u2028\x00\xff",
		})).Draw(rt, "typed")
		m := notify.ApplicationMovedMail(notify.ApplicationMoved{
			Application: notify.Application{
				To: "a@mail.example", Name: typed, Receipt: typed, Subject: typed, URL: "https://mz.example/x", At: written,
			},
			State: typed, Reason: typed, Text: typed, Into: typed,
		})
		if _, links := read(t, m.HTML); !slices.Equal(links, []string{"https://mz.example/x"}) {
			rt.Fatalf("links %q", links)
		}
	})
}

// An address that runs something instead of leading somewhere is no link.
func TestALinkLeadsToTheWeb(t *testing.T) {
	t.Parallel()
	m := notify.KeyringMail(notify.KeyringLetter{To: "a@mail.example", URL: "javascript:alert(1)", At: written})
	_, links := read(t, m.HTML)
	if slices.ContainsFunc(links, func(l string) bool { return strings.Contains(l, "script") }) {
		t.Errorf("links %q", links)
	}
}
