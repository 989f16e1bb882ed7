package support

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web"
)

var (
	errContactDate = fault.New(fault.Invalid, "contact_date", "請輸入正確的日期，格式為 YYYY-MM-DD。").At("date")
	errContactTime = fault.New(fault.Invalid, "contact_time", "請輸入正確的時間，格式為 HH:MM。").At("time")
	errContactLate = fault.New(fault.Invalid, "contact_future", "聯絡時間不可晚於現在。").At("date")
)

// moveField names a field of a move's form; storeID is "" for a move of the whole.
func moveField(name string, m onboarding.Move, merchantID string) string {
	if merchantID == "" {
		return name + "_" + string(m)
	}
	return name + "_" + string(m) + "_" + merchantID
}

// move takes a move.
func (p *pages) move(m onboarding.Move) func(*gin.Context, onboarding.Case, url.Values) error {
	return func(c *gin.Context, seen onboarding.Case, form url.Values) error {
		f := onboarding.MoveForm{
			Receipt: seen.Receipt, Version: versionOf(form), Move: m, Into: onboarding.ParseReceipt(form.Get("into")),
		}
		merchantID := ""
		if m.ForStore() {
			merchantID = form.Get("store")
			at := slices.IndexFunc(seen.Stores, func(s onboarding.Store) bool { return s.MerchantID == merchantID })
			if at < 0 {
				return onboarding.ErrStanding
			}
			f.Store = seen.Stores[at].ID
		}
		f.Reason = onboarding.Reason(form.Get(moveField("reason", m, merchantID)))
		f.Text = form.Get(moveField("text", m, merchantID))
		_, err := p.Case.Move(c.Request.Context(), staffOf(c), f)
		return err
	}
}

func (p *pages) assign(c *gin.Context, seen onboarding.Case, form url.Values) error {
	h := onboarding.Handover{Receipt: seen.Receipt, Version: versionOf(form)}
	if to := form.Get("assignee"); to != "" {
		id, err := strconv.ParseInt(to, 10, 64)
		if err != nil {
			return onboarding.ErrAssignee.Because(err)
		}
		h.To = account.ID(id)
	}
	_, err := p.Case.Assign(c.Request.Context(), staffOf(c), h)
	return err
}

func (p *pages) link(c *gin.Context, seen onboarding.Case, form url.Values) error {
	var stores []string
	for _, id := range strings.FieldsFunc(form.Get("stores"), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",，、;；", r)
	}) {
		if id = strings.ToUpper(id); !slices.Contains(stores, id) {
			stores = append(stores, id)
		}
	}
	_, err := p.Case.Link(c.Request.Context(), staffOf(c), onboarding.LinkForm{
		Receipt: seen.Receipt, Version: versionOf(form), Stores: stores,
	})
	return err
}

func (p *pages) addContact(c *gin.Context, seen onboarding.Case, form url.Values) error {
	day, err := clock.ParseDate(strings.TrimSpace(form.Get("date")))
	if err != nil {
		return errContactDate.Because(err)
	}
	of, err := time.Parse("15:04", strings.TrimSpace(form.Get("time")))
	if err != nil {
		return errContactTime.Because(err)
	}
	at := day.Start().Add(time.Duration(of.Hour())*time.Hour + time.Duration(of.Minute())*time.Minute)
	if at.After(p.Clock.Now()) {
		return errContactLate
	}
	return p.Case.AddContact(c.Request.Context(), staffOf(c), seen.Receipt, onboarding.Contact{
		At: at, How: form.Get("how"), Result: form.Get("result"), Note: form.Get("contact_note"),
	})
}

func (p *pages) addNote(c *gin.Context, seen onboarding.Case, form url.Values) error {
	return p.Case.AddNote(c.Request.Context(), staffOf(c), seen.Receipt, form.Get("note"))
}

func (p *pages) recheck(c *gin.Context, seen onboarding.Case, _ url.Values) error {
	_, err := p.Case.Recheck(c.Request.Context(), staffOf(c), seen.Receipt)
	return err
}

func (p *pages) attach(c *gin.Context, seen onboarding.Case, _ url.Values) error {
	files, err := web.Files(c, "attachments")
	if err != nil {
		return err
	}
	uploads := make([]onboarding.Upload, 0, len(files))
	for _, f := range files {
		uploads = append(uploads, onboarding.Upload{Name: f.Name, Content: f.Content})
	}
	return p.Case.Attach(c.Request.Context(), staffOf(c), seen.Receipt, uploads)
}
