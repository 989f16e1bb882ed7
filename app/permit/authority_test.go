package permit_test

import (
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/policies"
)

func source() permit.Source {
	return permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	}
}

func authority(t *testing.T) *permit.Authority {
	t.Helper()
	a, err := permit.New(source())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func assistant(id account.ID, grants ...account.Grant) account.Actor {
	return account.Actor{
		Account: account.Account{ID: id, Kind: account.Assistant},
		Member:  member.Member{ID: 7, Kind: member.Enterprise},
		Grants:  grants,
	}
}

func grant(unit permit.Unit, level permit.Level) account.Grant {
	return account.Grant{Unit: string(unit), Level: level.String()}
}

func TestDecideOnTheCardTradeList(t *testing.T) {
	t.Parallel()
	owner, individual := assistant(1), assistant(2)
	owner.Account.Kind = account.Owner
	individual.Member.Kind = member.Individual
	tests := []struct {
		name  string
		actor account.Actor
		allow bool
		held  permit.Level
	}{
		{"owner without grants", owner, true, permit.Manage},
		{"assistant of an individual member without grants", individual, true, permit.Manage},
		{"assistant with manage", assistant(3, grant(permit.CardTrades, permit.Manage)), true, permit.Manage},
		{"assistant with view", assistant(4, grant(permit.CardTrades, permit.View)), false, permit.View},
		{"assistant with none", assistant(5, grant(permit.CardTrades, permit.None)), false, permit.None},
		{"assistant without grants", assistant(6), false, permit.None},
		{
			"assistant with manage on another row", assistant(7, grant(permit.CardTradesEZAIO, permit.Manage)),
			false, permit.None,
		},
		{"unknown unit and level", assistant(8, account.Grant{Unit: "all", Level: "manage"},
			account.Grant{Unit: "card_trades", Level: "admin"}), false, permit.None},
		{"nobody", account.Actor{}, false, permit.None},
	}
	a := authority(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := a.Decide(tt.actor, permit.CardTradeList.Gate())
			if err != nil || d.Allowed != tt.allow || d.Held != tt.held {
				t.Errorf("Decide = %+v, %v; want allowed %v, held %v", d, err, tt.allow, tt.held)
			}
		})
	}
}

func TestNewRefusesFilesThatDoNotFit(t *testing.T) {
	t.Parallel()
	replace := func(old, text string) func(*permit.Source) {
		return func(s *permit.Source) { s.Screens = strings.ReplaceAll(s.Screens, old, text) }
	}
	tests := map[string]func(*permit.Source){
		"a screen without a line": func(s *permit.Source) { s.Screens = "card_trade_list, card_trades, manage\n" },
		"a line for no screen":    func(s *permit.Source) { s.Screens += "made_up, card_trades, view\n" },
		"two lines for a screen":  func(s *permit.Source) { s.Screens += "card_trade_list, card_trades, view\n" },
		"an unknown unit":         replace("card_trades", "cards"),
		"a screen open to none":   replace("manage\n", "none\n"),
		"a policy for no unit":    func(s *permit.Source) { s.Policy += "p, card_trades:view, cards, view\n" },
		"a policy for no role":    func(s *permit.Source) { s.Policy += "p, cards:view, card_trades, view\n" },
		"a policy for no level":   func(s *permit.Source) { s.Policy += "p, card_trades:view, card_trades, read\n" },
		"a policy without p":      func(s *permit.Source) { s.Policy += "g, card_trades:view, card_trades, view\n" },
		"a policy cut short":      func(s *permit.Source) { s.Policy += "p, card_trades:view\n" },
		"a staff screen without a line": func(s *permit.Source) {
			s.Staff = strings.Replace(s.Staff, "p, admin, workday_import, use\n", "", 1)
		},
		"a staff line for no screen":   func(s *permit.Source) { s.Staff += "p, agent, made_up, use\n" },
		"a staff line for no role":     func(s *permit.Source) { s.Staff += "p, root, console_home, use\n" },
		"a staff line for no action":   func(s *permit.Source) { s.Staff += "p, agent, console_home, manage\n" },
		"a staff role above no role":   func(s *permit.Source) { s.Staff += "g, admin, root, staff\n" },
		"a staff role of another kind": func(s *permit.Source) { s.Staff += "g, admin, agent, member:1\n" },
		"no staff lines":               func(s *permit.Source) { s.Staff = "" },
		"a model of an unknown function": func(s *permit.Source) {
			s.Model = strings.Replace(s.Model, "r.obj == p.obj", "unheard_of(r.obj, p.obj)", 1)
		},
		"a broken model": func(s *permit.Source) { s.Model = "[request_definition]" },
	}
	for name, breakIt := range tests {
		s := source()
		breakIt(&s)
		if _, err := permit.New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAnOperatorRelaxesAScreenByOneLine(t *testing.T) {
	t.Parallel()
	s := source()
	s.Screens = strings.Replace(s.Screens, "card_trade_list, card_trades, manage", "card_trade_list, card_trades, view", 1)
	a, err := permit.New(s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Decide(assistant(1, grant(permit.CardTrades, permit.View)), permit.CardTradeList.Gate())
	if err != nil || !d.Allowed {
		t.Errorf("Decide = %+v, %v", d, err)
	}
	unit, level, ok := a.Needs(permit.CardTradeList)
	if unit != permit.CardTrades || level != permit.View || !ok {
		t.Errorf("Needs = %s, %s, %v", unit, level, ok)
	}
	if unit, level, ok := a.Needs("made_up"); unit != "" || level != permit.None || ok {
		t.Errorf("Needs of an unknown screen = %s, %s, %v", unit, level, ok)
	}
}

// The matrix of 助理帳號設定, letter for letter.
func TestTheMatrixIsTheManuals(t *testing.T) {
	t.Parallel()
	want := `銷售中心 | 銷售紀錄查詢/交易重新觸發 | 銷售紀錄查詢/交易重新觸發
銷售中心 | 銷售紀錄查詢/交易重新觸發 | ezAIO卡機商店銷售紀錄查詢
銷售中心 | 信用卡交易查詢/單筆取消授權/請款/退款 | 交易查詢/單筆取消授權/請款/退款
銷售中心 | 信用卡交易查詢/單筆取消授權/請款/退款 | ezAIO卡機商店信用卡交易查詢
銷售中心 | 跨境交易查詢/跨境交易退款 | 跨境交易查詢/跨境交易退款
銷售中心 | 電子錢包專用交易查詢 | 電子錢包交易查詢/電子錢包退款
銷售中心 | 快速收款連結交易查詢 | 查詢快速收款連結的交易
銷售中心 | 查詢定期定額委託單 | 查詢已成立的定期定額委託單
銷售中心 | 修改定期定額委託單 | 修改啟用中的定期定額委託單
銷售中心 | 定期定額委託單再次授權 | 可將失敗的定期定額委託單再次進行授權 (同一期僅能再次授權4次)
銷售中心 | 模擬交易產生 | API串接模擬交易參數`
	var got []string
	for _, row := range permit.Rows() {
		got = append(got, row.Area+" | "+row.Section+" | "+row.Label)
	}
	if strings.Join(got, "\n") != want {
		t.Errorf("the matrix is\n%s", strings.Join(got, "\n"))
	}
	labels := permit.None.Label() + " / " + permit.View.Label() + " / " + permit.Manage.Label()
	if labels != "不可瀏覽 / 僅可瀏覽 / 可瀏覽可修改" {
		t.Errorf("the levels are %s", labels)
	}
}
