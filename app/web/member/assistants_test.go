package member_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
)

const assistants = "/member/center/assistants"

// openCentre is openSite with a mail address for everybody, and its owner signed in.
func openCentre(t *testing.T) (*site, *visitor) {
	t.Helper()
	s := openSite(t)
	s.run("UPDATE accounts SET email = login || '@example.com'")
	return s, s.signedIn("12345675", "owner01")
}

// wanted is a complete form; changes are pairs of a field and its value.
func wanted(changes ...string) url.Values {
	form := url.Values{
		"login": {"finance01"}, "email": {"finance01@example.com"}, "stores": {"MS100000001"}, "do": {"save"},
	}
	for _, row := range permit.Rows() {
		form.Set("unit."+string(row.Unit), "none")
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

// hidden returns the hidden fields of the page, which a browser would post again.
func (a *answer) hidden() url.Values {
	form := url.Values{}
	for part := range strings.SplitSeq(a.body, `<input type="hidden" name="`) {
		name, rest, ok := strings.Cut(part, `" value="`)
		if value, _, closed := strings.Cut(rest, `"`); ok && closed && !strings.Contains(name, ">") {
			form.Add(name, value)
		}
	}
	return form
}

// follow fails the test unless the answer leads to the address, and goes there.
func (a *answer) follow(v *visitor, to string) *answer {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != to {
		a.t.Fatalf("leads to %q, want %q", got, to)
	}
	return v.get(to)
}

// checkedLevel returns the level that the matrix shows for a unit.
func (a *answer) checkedLevel(unit string) string {
	for part := range strings.SplitSeq(a.body, "<input") {
		tag, _, _ := strings.Cut(part, ">")
		if strings.Contains(tag, `name="unit.`+unit+`"`) && strings.Contains(tag, " checked") {
			_, rest, _ := strings.Cut(tag, `value="`)
			level, _, _ := strings.Cut(rest, `"`)
			return level
		}
	}
	return ""
}

func TestTheListOfAssistants(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	page := v.get(assistants).is(http.StatusOK, "助理帳號設定", `<strong id="assistants-used">3/60</strong>`,
		`id="assistants"`, `data-account="clerk01"`, `data-account="viewer01"`, "晴川一店、晴川二店", "使用中", "從未登入",
		"可瀏覽可修改 1", "僅可瀏覽 1", "新增管理帳號", "clerk01@example.com")
	page.lacks("helper01", "owner01@")
	v.get(assistants+"?q=VIEWER").is(http.StatusOK, `data-account="viewer01"`).lacks(`data-account="clerk01"`)
	v.get(assistants+"?store=MS100000002").is(http.StatusOK, `data-account="viewer01"`).lacks(`data-account="clerk01"`)
	v.get(assistants+"?state=suspended").is(http.StatusOK, "沒有符合條件的助理帳號", "3/60")
	for query, field := range map[string]string{"?state=gone": "state", "?store=MS300000001&q=clerk": "store"} {
		if got := v.get(assistants + query).is(http.StatusUnprocessableEntity).errorOf(field); got == "" {
			t.Errorf("%s: nothing is said beside %s", query, field)
		}
	}
	s.signedIn("22099131", "owner01").get(assistants).is(http.StatusOK, "還沒有助理帳號", "0/60").lacks("clerk01")
}

func TestOnlyTheOwnerOfAnEnterpriseHasAssistants(t *testing.T) {
	t.Parallel()
	s, _ := openCentre(t)
	denied := s.signedIn("12345675", "clerk01").get(assistants).
		is(http.StatusForbidden, `id="permission-denied"`, "只有晴川選物股份有限公司的會員擁有者 owner01 可以開啟")
	denied.lacks("申請此權限", "viewer01")
	s.signedIn("A100000001", "owner01").get(assistants).
		is(http.StatusForbidden, "個人會員不需設定助理帳號與權限").lacks("申請此權限", "只有")
	s.signedIn("A100000001", "helper01").get(assistants).
		is(http.StatusForbidden, "個人會員不需設定助理帳號與權限").lacks("只有")
	s.signedIn("A100000001", "owner01").get("/member").is(http.StatusOK).lacks(assistants)
}

func TestANewAssistantIsInvited(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	form := v.get(assistants+"/new").is(http.StatusOK, "新增管理帳號", "英文字母與數字混合，20 個字元以內", `id="matrix"`,
		`aria-label="交易查詢/單筆取消授權/請款/退款：可瀏覽可修改"`, `name="until.card_trades"`, "複製其他帳號的權限")
	for _, row := range permit.Rows() {
		if got := form.checkedLevel(string(row.Unit)); got != "none" {
			t.Errorf("%s starts as %q", row.Unit, got)
		}
	}
	sent := wanted("unit.card_trades", "manage", "until.card_trades", "2026-12-31", "unit.pay_links", "view")
	v.post(assistants, sent).follow(v, assistants+"?done=created").
		is(http.StatusOK, "邀請信已寄出", `data-account="finance01"`, "邀請中", "4/60", "可瀏覽可修改 1、僅可瀏覽 1")
	page := v.get(assistants+"/finance01").is(http.StatusOK, "邀請中", `value="2026-12-31"`, "重新寄送邀請", "邀請有效至")
	page.lacks(">重設密碼<")
	for unit, want := range map[string]string{"card_trades": "manage", "pay_links": "view", "e_wallet": "none"} {
		if got := page.checkedLevel(unit); got != want {
			t.Errorf("%s is %q, want %q", unit, got, want)
		}
	}
	if got := v.post(assistants, sent).is(http.StatusUnprocessableEntity).errorOf("login"); got == "" {
		t.Error("a login that is taken is not told beside its field")
	}
	s.signedIn("22099131", "owner01").get(assistants + "/finance01").is(http.StatusNotFound)
}

func TestABadFormTellsEveryFaultAndLosesNothing(t *testing.T) {
	t.Parallel()
	_, v := openCentre(t)
	bad := wanted("login", "財務", "email", "finance@", "unit.card_trades", "manage", "until.card_trades", "2026-13-01",
		"until.e_wallet", "2026-12-31", "unit.pay_links", "all")
	bad.Del("stores")
	page := v.post(assistants, bad).is(http.StatusUnprocessableEntity, `value="財務"`, `value="finance@"`,
		`value="2026-13-01"`, `value="2026-12-31"`)
	for _, field := range []string{
		"login", "email", "stores", "until.card_trades", "until.e_wallet", "unit.pay_links",
	} {
		if page.errorOf(field) == "" {
			t.Errorf("nothing is said beside %s", field)
		}
	}
	if got := page.checkedLevel("card_trades"); got != "manage" {
		t.Errorf("card_trades came back as %q", got)
	}
	v.post(assistants, wanted("unit.made_up", "view")).is(http.StatusUnprocessableEntity, "請選擇不可瀏覽")
	v.get(assistants).is(http.StatusOK, "3/60")
}

func TestCopyingPermissionsKeepsTheRestOfTheForm(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.run(`UPDATE account_grants SET until = '2026-12-31' WHERE unit = 'card_trades' AND level = 'manage'`)
	v.get(assistants+"/new").is(http.StatusOK, `formaction="`+assistants+`/new"`)
	half := wanted("do", "copy", "copy_from", "clerk01", "login", "half", "unit.e_wallet", "view")
	page := v.post(assistants+"/new", half).
		is(http.StatusOK, "已帶入 clerk01 的權限", `value="half"`, `value="finance01@example.com"`, `value="2026-12-31"`)
	if got := page.checkedLevel("card_trades") + page.checkedLevel("e_wallet"); got != "managenone" {
		t.Errorf("the matrix is %q", got)
	}
	if page.errorOf("login") != "" {
		t.Error("copying complains about a form that is not finished")
	}
	for _, from := range []string{"", "nobody", "helper01"} {
		page := v.post(assistants+"/new", wanted("do", "copy", "copy_from", from)).is(http.StatusUnprocessableEntity)
		if page.errorOf("copy_from") == "" {
			t.Errorf("copying from %q: nothing is said", from)
		}
	}
}

func TestChangesAreShownBeforeTheyAreSaved(t *testing.T) {
	t.Parallel()
	_, v := openCentre(t)
	const at = assistants + "/viewer01"
	revision := v.get(at).is(http.StatusOK, "管理帳號 viewer01", "檢視變更").hidden().Get("revision")
	change := wanted("do", "preview", "revision", revision, "email", "new@example.com", "unit.card_trades", "manage",
		"until.card_trades", "2026-12-31")
	preview := v.post(at, change).is(http.StatusOK, `id="changes"`, "這次變更：", "viewer01@example.com", "new@example.com",
		"僅可瀏覽", "可瀏覽可修改（至 2026-12-31）", "MS100000002 晴川二店", "確認儲存", "回去修改")
	v.get(at).is(http.StatusOK, `value="viewer01@example.com"`) // nothing is saved yet
	carried := preview.hidden()
	carried.Set("do", "edit")
	back := v.post(at, carried).is(http.StatusOK, `value="new@example.com"`, `value="2026-12-31"`, `id="matrix"`)
	if back.checkedLevel("card_trades") != "manage" {
		t.Error("going back loses the matrix")
	}
	carried.Set("do", "save")
	v.post(at, carried).is(http.StatusOK, `id="changes"`) // one address saves, and it is another
	v.get(at).is(http.StatusOK, `value="viewer01@example.com"`)
	v.post(at+"/save", carried).follow(v, at+"?done=saved").is(http.StatusOK, "已儲存", `value="new@example.com"`)
	// The same yes again comes from a form that is out of date.
	late := v.post(at+"/save", carried).is(http.StatusConflict, "剛剛已被變更", `value="new@example.com"`, `id="matrix"`)
	again := late.hidden().Get("revision")
	carried.Set("revision", again)
	carried.Set("do", "preview")
	v.post(at, carried).is(http.StatusOK, "這次沒有任何變更").lacks("確認儲存")
}

func TestAnEndedPermissionStandsAsNone(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.run(`UPDATE account_grants SET until = '2026-10-31' WHERE unit = 'card_trades' AND level = 'view'`)
	page := v.get(assistants+"/viewer01").is(http.StatusOK, "原僅可瀏覽，已於 2026-10-31 到期")
	if got := page.checkedLevel("card_trades"); got != "none" {
		t.Errorf("card_trades is %q", got)
	}
	v.get(assistants).is(http.StatusOK, "全部不可瀏覽")
}

func TestActionsOnAnAssistant(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	const at = assistants + "/clerk01"
	clerk := s.signedIn("12345675", "clerk01")
	v.post(at+"/suspend", nil).follow(v, at+"?done=suspended").
		is(http.StatusOK, "已停用", "恢復").lacks("以此帳號檢視", ">重設密碼<")
	clerk.get("/member").is(http.StatusSeeOther)
	v.post(at+"/suspend", nil).is(http.StatusConflict, "目前的狀態不能執行", `id="matrix"`)
	v.post(at+"/invite", nil).is(http.StatusConflict)
	v.post(at+"/resume", nil).follow(v, at+"?done=resumed").is(http.StatusOK, "使用中", "重設密碼", "確定移除 clerk01")
	v.post(at+"/reset-password", nil).follow(v, at+"?done=reset").is(http.StatusOK, "寄出重新設定密碼的連結")
	v.post(at+"/remove", nil).follow(v, assistants+"?done=removed").
		is(http.StatusOK, "已移除助理帳號", "2/60").lacks(`data-account="clerk01"`)
	v.get(at).is(http.StatusNotFound)
	v.post(at+"/remove", nil).is(http.StatusNotFound)
	v.get(assistants + "?done=<script>").is(http.StatusOK).lacks("<script>")
}

func TestChangesOfPermissionsNeedAFreshProof(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.clock.Advance(account.SteppedUpFor + time.Minute)
	v.get(assistants + "/clerk01").is(http.StatusOK)
	asked := v.post(assistants, wanted("unit.card_trades", "manage")).
		is(http.StatusForbidden, "請再次確認身分", `name="unit.card_trades" value="manage"`, "finance01@example.com")
	v.get(assistants).is(http.StatusOK, "3/60")
	form := asked.hidden()
	form.Set("step_up_password", password)
	v.post(assistants, form).follow(v, assistants+"?done=created").is(http.StatusOK, "4/60")
	s.clock.Advance(account.SteppedUpFor + time.Minute)
	v.post(assistants+"/clerk01/view-as", nil).is(http.StatusSeeOther)
}

// Looking at a change changes nothing: nobody is asked for a proof before the yes.
func TestOnlyTheYesNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.clock.Advance(account.SteppedUpFor + time.Minute)
	const at = assistants + "/viewer01"
	v.post(assistants+"/new", wanted("do", "copy", "copy_from", "clerk01")).is(http.StatusOK, "已帶入 clerk01 的權限")
	v.post(at, wanted("do", "copy", "copy_from", "clerk01")).is(http.StatusOK, "已帶入 clerk01 的權限")
	change := wanted("do", "preview", "revision", v.get(at).hidden().Get("revision"), "unit.card_trades", "manage")
	carried := v.post(at, change).is(http.StatusOK, `action="`+at+`/save"`, `formaction="`+at+`"`, "確認儲存").hidden()
	carried.Set("do", "edit")
	v.post(at, carried).is(http.StatusOK, `id="matrix"`)
	asked := v.post(at+"/save", carried).is(http.StatusForbidden, "請再次確認身分", `action="`+at+`/save"`).hidden()
	asked.Set("step_up_password", password)
	if got := v.post(at+"/save", asked).follow(v, at+"?done=saved").checkedLevel("card_trades"); got != "manage" {
		t.Errorf("saved as %q", got)
	}
	v.post(assistants+"/nobody01/save", carried).is(http.StatusNotFound)
}

// Whoever does not see the form's whole length is told of each fault, and led to it.
func TestTheSummaryOfFaultsLeadsToTheFields(t *testing.T) {
	t.Parallel()
	_, v := openCentre(t)
	v.get(assistants + "/new").is(http.StatusOK).lacks("error-summary")
	bad := wanted("login", "財務", "unit.card_trades", "all", "unit.e_wallet", "view", "until.e_wallet", "2026-13-01")
	bad.Del("stores")
	page := v.post(assistants, bad).is(http.StatusUnprocessableEntity, `id="error-summary"`, "請修正下列 4 處", "first-error.js")
	links := 0
	for part := range strings.SplitSeq(page.body, `href="#`) {
		id, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(id, "f-") {
			continue
		}
		links++
		if strings.Count(page.body, ` id="`+id+`"`) != 1 {
			t.Errorf("#%s leads to no field", id)
		}
	}
	if links != 4 {
		t.Errorf("%d links", links)
	}
	page.is(http.StatusUnprocessableEntity, "交易查詢/單筆取消授權/請款/退款：請選擇不可瀏覽",
		"電子錢包交易查詢/電子錢包退款：期限請以")
}

func TestSixtyAssistantsAreEnough(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	for i := range 57 {
		s.run(`INSERT INTO accounts (member_id, kind, login, email, created_at)
			VALUES (1, 'assistant', $1, 'x@example.com', $2)`, fmt.Sprintf("more%02d", i), noon)
	}
	v.get(assistants).is(http.StatusOK, "60/60", "已達上限", `aria-describedby="full-reason"`, "請先移除不再使用的帳號").
		lacks(`href="` + assistants + `/new"`)
	v.get(assistants+"/new").is(http.StatusOK, "已達 60 個上限")
	v.post(assistants, wanted()).is(http.StatusConflict, "已達 60 個上限", `value="finance01"`)
}

func TestAnOwnerViewsAsAnAssistant(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.trade(1, "A1", 100, noon)
	s.trade(2, "B1", 100, noon)
	v.post(assistants+"/clerk01/view-as", nil).follow(v, "/member").
		is(http.StatusOK, "正在以 clerk01 的身分檢視（唯讀）", "結束檢視", "MS100000001").lacks("MS100000002", assistants)
	if got := fmt.Sprint(v.get(list).is(http.StatusOK, "正在以 clerk01").orders()); got != "[A1]" {
		t.Errorf("the list shows %s", got)
	}
	v.get(assistants).is(http.StatusForbidden, `id="permission-denied"`)
	v.post("/member/permission-requests", url.Values{"screen": {"card_trade_list"}}).is(http.StatusForbidden)
	v.post("/member/view-as/end", nil).follow(v, assistants+"/clerk01").is(http.StatusOK, "管理帳號 clerk01").
		lacks("唯讀")
	v.post("/member/view-as/end", nil).follow(v, "/member").is(http.StatusOK)
	v.post(assistants+"/viewer01/view-as", nil).is(http.StatusSeeOther)
	v.get(list).is(http.StatusForbidden, `id="permission-denied"`, "申請此權限", `aria-describedby="ask-reason"`,
		"只能看，不能變更")
}

// The owner suspends the account in another sign-in while this one looks as it.
func TestAViewEndsWithASuspension(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	v.post(assistants+"/clerk01/view-as", nil).is(http.StatusSeeOther)
	v.get("/member").is(http.StatusOK, "正在以 clerk01 的身分檢視")
	other := s.signedIn("12345675", "owner01")
	other.post(assistants+"/clerk01/suspend", nil).is(http.StatusSeeOther)
	v.get("/member").is(http.StatusOK).lacks("正在以")
	other.post(assistants+"/clerk01/resume", nil).is(http.StatusSeeOther)
	v.get("/member").is(http.StatusOK).lacks("正在以")
}

func TestAPasswordResetIsNoInvitation(t *testing.T) {
	t.Parallel()
	s, v := openCentre(t)
	s.signedIn("12345675", "clerk01")
	const at = assistants + "/clerk01"
	v.post(at+"/reset-password", nil).follow(v, at+"?done=reset").is(http.StatusOK, "使用中", ">重設密碼<").lacks("邀請中")
	v.get(assistants+"?state=active").is(http.StatusOK, `data-account="clerk01"`)
}
