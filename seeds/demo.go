package seeds

import (
	"slices"
	"strings"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/secret"
)

// DemoPassword is the password of every demonstration account. It is public:
// serve refuses it.
const DemoPassword = "Demo-Only-2026"

// demoAmountMax is the largest single payment of a demonstration store.
const demoAmountMax money.TWD = 500_000

// DemoMember is a member of the demonstration with what belongs to it.
type DemoMember struct {
	Member   member.Member // without ID
	Stores   []DemoStore
	Accounts []DemoAccount
}

// DemoStore is a store of the demonstration. Its Store has no IDs and no time.
type DemoStore struct {
	Store member.Store
	share int // of the generated transactions, of 1000 in all
}

// DemoAccount is somebody who signs in to the demonstration.
type DemoAccount struct {
	Kind   account.Kind
	Login  string
	Shows  string          // what there is to try, zh-Hant-TW
	Stores []string        // MerchantIDs that it manages; empty for an owner
	Grants []account.Grant // empty for an owner
}

// DemoMembers returns the demonstration's members with their stores and accounts.
func DemoMembers() []DemoMember {
	return []DemoMember{
		{
			Member: member.Member{
				Kind: member.Enterprise, Code: "12345675", Name: "晴川選物股份有限公司", Status: member.Active,
			},
			Stores: []DemoStore{
				demoStore("MS100000001", "晴川選物 官網", 360, threeD, passkey),
				demoStore("MS100000002", "晴川選物 茶葉專門店", 200, threeD),
				demoStore("MS100000003", "晴川選物 企業團購", 120, passkey, gateway),
				demoStore("MS100000004", "晴川選物 門市預購", 80, gateway),
				demoStore("MS100000005", "晴川選物 測試商店", 40, threeD, passkey, testMode),
			},
			Accounts: append([]DemoAccount{demoOwner("所有功能與商店")}, demoAssistants()...),
		},
		{
			Member: member.Member{
				Kind: member.Individual, Code: "A100000001", Name: "林小舖", Status: member.Active,
			},
			Stores:   []DemoStore{demoStore("MS200000001", "林小舖", 80, threeD)},
			Accounts: []DemoAccount{demoOwner("個人會員，不需設定權限")},
		},
		{
			Member: member.Member{
				Kind: member.Enterprise, Code: "22099131", Name: "遠岸科技股份有限公司", Status: member.Active,
			},
			Stores:   []DemoStore{demoStore("MS300000001", "遠岸科技 線上商城", 120, threeD)},
			Accounts: []DemoAccount{demoOwner("另一家會員，看不到其他會員的資料")},
		},
	}
}

// DemoStaff is one of our own staff in the demonstration.
type DemoStaff struct {
	Login string
	Role  account.Role
	Shows string // what there is to try, zh-Hant-TW
}

// DemoStaffMembers returns the demonstration's staff, one for each role.
func DemoStaffMembers() []DemoStaff {
	return []DemoStaff{
		{"agent01", account.Agent, "支援人員"},
		{"reviewer01", account.Reviewer, "審核人員"},
		{"admin01", account.Admin, "系統管理者"},
	}
}

func demoOwner(shows string) DemoAccount {
	return DemoAccount{Kind: account.Owner, Login: "owner01", Shows: shows}
}

// demoAssistants differ in their level on the row of 信用卡交易查詢 and in their stores.
func demoAssistants() []DemoAccount {
	all := []string{"MS100000001", "MS100000002", "MS100000003", "MS100000004", "MS100000005"}
	cardTrades := func(l permit.Level) []account.Grant {
		return []account.Grant{{Unit: string(permit.CardTrades), Level: l.String()}}
	}
	return []DemoAccount{
		{
			Kind: account.Assistant, Login: "clerk01", Shows: "可瀏覽可修改信用卡交易，只管理 MS100000001",
			Stores: all[:1], Grants: cardTrades(permit.Manage),
		},
		{
			Kind: account.Assistant, Login: "viewer01", Shows: "信用卡交易僅可瀏覽：權限不足",
			Stores: all, Grants: cardTrades(permit.View),
		},
		{Kind: account.Assistant, Login: "denied01", Shows: "每一項都不可瀏覽", Stores: all},
	}
}

// trait is what sets a store apart from the plain one: non-3D, without Passkey,
// 金流, live.
type trait func(*member.Store)

func threeD(s *member.Store)   { s.ThreeD = true }
func passkey(s *member.Store)  { s.Passkey = true }
func gateway(s *member.Store)  { s.Kind = member.Gateway }
func testMode(s *member.Store) { s.Mode = member.Test }

func demoStore(merchantID, name string, share int, traits ...trait) DemoStore {
	s := member.Store{
		MerchantID: merchantID, Name: name, Email: strings.ToLower(merchantID) + "@example.test",
		HashKey: secret.New(DemoKey(merchantID)), HashIV: secret.New(DemoIV(merchantID)),
		Kind: member.Platform, Mode: member.Live, Status: member.Active,
		Bonus: true, Amex: true, AmountMax: demoAmountMax,
	}
	for _, apply := range traits {
		apply(&s)
	}
	s.Instalments = instalmentTerms(s.Kind)
	return DemoStore{Store: s, share: share}
}

// instalmentTerms are the months that a store may offer; eight is for 閘道 stores
// only (the provider's manual NDNF-1.1.9 §4.2, InstFlag).
func instalmentTerms(k member.StoreKind) []int {
	terms := []int{3, 6, 12, 18, 24, 30}
	if k == member.Gateway {
		terms = slices.Insert(terms, 2, 8)
	}
	return terms
}

const (
	demoKeyStart = "DemoKey"
	demoIVStart  = "DemoIV0"
	hashKeySize  = 32 // characters of a HashKey
)

// DemoKey is the HashKey of a demonstration store: "DemoKey", zeros, and the
// MerchantID, 32 characters in all.
func DemoKey(merchantID string) string {
	zeros := max(0, hashKeySize-len(demoKeyStart)-len(merchantID))
	return demoKeyStart + strings.Repeat("0", zeros) + merchantID
}

// DemoIV is the HashIV of a demonstration store: "DemoIV0" and the nine digits
// of its MerchantID, 16 characters in all.
func DemoIV(merchantID string) string {
	return demoIVStart + strings.TrimPrefix(merchantID, "MS")
}

// IsDemoKey tells that a HashKey or HashIV has the form of the demonstration's,
// which anybody can work out.
func IsDemoKey(s secret.String) bool {
	return strings.HasPrefix(s.Expose(), demoKeyStart) || strings.HasPrefix(s.Expose(), demoIVStart)
}
