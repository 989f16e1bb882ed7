package app

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/seeds"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/public"
	console "github.com/memberzone/memberzone/views/support"
)

// demoRole is one line of who can try what.
type demoRole struct {
	role, path, account, try string
}

func demoRoleList(o DemoOptions) []demoRole {
	main, shop, bank := baseURL(o.Listen.Main), baseURL(o.Shop), baseURL(o.Bank)
	return []demoRole{
		{"持卡人", shop + "/", "卡號 4111 1111 1111 1111", "選商品、付款，看商店收到的 ReturnURL 與 NotifyURL 結果"},
		{"商店管理者", main + "/login", "12345675 / owner01", "查詢剛才的交易；設定助理帳號與權限、以助理帳號檢視、稽核紀錄"},
		{"助理帳號", main + "/login", "12345675 / clerk01", "只看得到 MS100000001 的交易"},
		{"助理帳號", main + "/login", "12345675 / viewer01", "信用卡交易查詢會顯示權限不足，可申請權限"},
		{"助理帳號", main + "/login", "12345675 / denied01", "什麼都不能看"},
		{"個人會員", main + "/login", "A100000001 / owner01", "不需要權限設定"},
		{"另一個會員", main + "/login", "22099131 / owner01", "看不到其他會員的任何交易"},
		{"支援人員", main + web.SupportLoginPath, "agent01、reviewer01、admin01", "支援主控台"},
		{"商店工程師", main + "/", "MS100000001", "以藍新金流的 SDK 串接，只把網址改成這裡"},
		{"付款人信箱", main + "/demo/mailbox", "", "付款完成通知、通知失敗信"},
		{"手機簡訊", main + "/demo/phone", "", "3D 驗證的簡訊驗證碼"},
		{"收單銀行", bank + "/manage/charges", "", "銀行模擬器實際記錄的授權"},
	}
}

// tell prints who can try what where. Chinese characters take two columns of a
// terminal.
func (d *demo) tell() {
	rows := [][]string{{"角色", "網址", "帳號", "可以試試"}}
	for _, r := range demoRoleList(d.DemoOptions) {
		rows = append(rows, []string{r.role, r.path, r.account, r.try})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			_, _ = fmt.Fprint(d.Out, runewidth.FillRight(cell, widths[i]+2))
		}
		_, _ = fmt.Fprintln(d.Out, row[len(row)-1])
	}
	_, _ = fmt.Fprintf(d.Out, "所有帳號的密碼：%s　　按 Ctrl-C 結束，資料保留在 %s\n", seeds.DemoPassword, d.Data)
}

func demoRoles(o DemoOptions) []public.DemoRole {
	var roles []public.DemoRole
	for _, r := range demoRoleList(o) {
		role := public.DemoRole{Role: r.role, Href: r.path, Address: r.path, Account: r.account, Try: r.try}
		if code, login, found := strings.Cut(r.account, " / "); found {
			role.Member, role.Account, role.Password = code, login, seeds.DemoPassword
		}
		roles = append(roles, role)
	}
	return roles
}

// demoStaff are the accounts of the staff's sign-in page.
func demoStaff() []console.DemoAccount {
	var accounts []console.DemoAccount
	for _, one := range seeds.DemoStaffMembers() {
		accounts = append(accounts, console.DemoAccount{
			Account: one.Login, Password: seeds.DemoPassword, Role: one.Shows,
		})
	}
	return accounts
}

// demoAccounts are the accounts of the sign-in page, in the order of the table.
func demoAccounts(o DemoOptions) []view.DemoAccount {
	var accounts []view.DemoAccount
	for _, r := range demoRoleList(o) {
		if code, login, found := strings.Cut(r.account, " / "); found {
			accounts = append(accounts, view.DemoAccount{
				Member: code, Account: login, Password: seeds.DemoPassword, Shows: r.try,
			})
		}
	}
	return accounts
}
