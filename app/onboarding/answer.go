package onboarding

import (
	"bytes"
	"context"
	"image"
	_ "image/jpeg" // known to DecodeConfig
	_ "image/png"  // known to DecodeConfig
	"net/http"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/notify"
)

// The limits of attachments.
const (
	FileBytesMax = 5 << 20
	FilesMax     = 10 // of one application
	FileNameMax  = 120
)

// Refusals of attachments.
var (
	ErrFileType = fault.New(fault.Invalid, "attachment_type", "請上傳 PDF、JPEG 或 PNG 檔案。").At("files")
	ErrFileSize = fault.New(fault.Invalid, "attachment_size", "每個檔案最多 5 MB。").At("files")
	ErrFilesMax = fault.New(fault.Invalid, "attachment_count", "每件申請最多 10 個檔案。").At("files")
)

// Upload is a file as it was sent. Neither its name nor its content is to be trusted.
type Upload struct {
	Name    string
	Content []byte
}

// readUploads looks at what files are, by their content.
func readUploads(uploads []Upload) ([]File, error) {
	var files []File
	for _, u := range uploads {
		if len(u.Content) > FileBytesMax {
			return nil, ErrFileSize
		}
		kind, ok := typeOf(u.Content)
		if !ok {
			return nil, ErrFileType
		}
		files = append(files, File{
			Attachment: Attachment{Name: fileName(u.Name), Type: kind, Size: len(u.Content)}, Content: u.Content,
		})
	}
	return files, nil
}

// typeOf tells PDF, JPEG and PNG by their content; a picture must have a readable header.
func typeOf(content []byte) (string, bool) {
	kind := http.DetectContentType(content)
	switch kind {
	case "application/pdf":
		return kind, bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF"))
	case "image/jpeg", "image/png":
		_, _, err := image.DecodeConfig(bytes.NewReader(content))
		return kind, err == nil
	}
	return "", false
}

// fileName is a name that no header and no file system takes for anything else.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"\/:*?<>|;`, r) || r == 0x7f || r >= 0x202a && r <= 0x202e {
			return '_'
		}
		return r
	}, name)
	if all := []rune(name); len(all) > FileNameMax {
		name = string(all[len(all)-FileNameMax:])
	}
	if strings.Trim(name, "._ ") == "" {
		return "附件"
	}
	return name
}

// AnswerForm is an applicant's answer to 待補件.
type AnswerForm struct {
	Receipt Receipt
	Version int64
	Text    string
	Files   []Upload
}

// ErrAnswer tells that an answer has neither words nor files.
var ErrAnswer = fault.New(fault.Invalid, "application_answer", "請輸入補充說明，或上傳檔案。").At("text")

// Answer takes an applicant's answer to 待補件. Whoever calls has seen that the application
// is the applicant's. It returns ErrAnswer, ErrText, ErrFileType, ErrFileSize, ErrFilesMax,
// ErrTransition and ErrStale.
func (s *Service) Answer(ctx context.Context, who Applicant, f AnswerForm) (Application, error) {
	f.Text = strings.TrimSpace(f.Text)
	files, err := readUploads(f.Files)
	switch {
	case err != nil:
		return Application{}, err
	case f.Text == "" && len(files) == 0:
		return Application{}, ErrAnswer
	case runes(f.Text) > NoteMax:
		return Application{}, ErrText
	}
	return s.changed(ctx, f.Receipt, f.Version, func(ctx context.Context, c *change) error {
		to, err := permittedToApplicant(c.a, AnswerInfo)
		if err != nil {
			return err
		}
		c.a.State, c.a.Reason, c.a.ReasonText = to, "", ""
		for _, file := range files {
			file.At, file.By, file.Login = c.now, ByApplicant, who.By.Login
			if err := c.tx.AddFile(ctx, c.a.ID, file); err != nil {
				return err
			}
		}
		return c.applicantMoved(ctx, who, AnswerInfo, f.Text)
	})
}

// Withdraw takes an application back. Whoever calls has seen that it is the applicant's.
// It returns ErrTransition and ErrStale.
func (s *Service) Withdraw(ctx context.Context, who Applicant, r Receipt, version int64) (Application, error) {
	return s.changed(ctx, r, version, func(ctx context.Context, c *change) error {
		to, err := permittedToApplicant(c.a, WithdrawIt)
		if err != nil {
			return err
		}
		c.a.State, c.a.Due = to, Due{}
		base, err := s.letter(ctx, c.tx, c.a)
		if err != nil {
			return err
		}
		err = c.tx.Mail(ctx, notify.ApplicationMovedMail(notify.ApplicationMoved{
			Application: base, Step: notify.StepWithdrawn, State: to.Label(),
		}))
		if err != nil {
			return err
		}
		return c.applicantMoved(ctx, who, WithdrawIt, "")
	})
}

func (c *change) applicantMoved(ctx context.Context, who Applicant, m Move, text string) error {
	step := Step{Move: m, State: c.a.State, At: c.now, By: ByApplicant, Login: who.By.Login, Text: text}
	if err := c.tx.AddStep(ctx, c.a.ID, step); err != nil {
		return err
	}
	return c.tx.Record(ctx, audit.Entry{
		By: who.By, At: c.now, Kind: audit.ApplicationMoved, Subject: string(c.a.Receipt),
		Changes: []audit.Change{{Field: "狀態", Before: c.was.State.Label(), After: c.a.State.Label()}},
	})
}
