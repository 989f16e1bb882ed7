package support

import (
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	view "github.com/memberzone/memberzone/views/support"
)

// offer is how a page offers a move: its label, reasons and whether it needs words are the
// move's own.
type offer struct {
	text    string // what will happen
	yes     string // of the button that posts; "" is 確定 and the label
	screen  permit.StaffScreen
	proof   bool // asks for a fresh proof of identity
	primary bool
	words   view.WordsField
}

// gate says who may post the move.
func (o offer) gate() permit.Gate {
	if o.proof {
		return o.screen.Gate().SteppedUp()
	}
	return o.screen.Gate()
}

var (
	toApplicant = view.WordsField{Label: "給申請人的說明", Hint: "申請人看得到，最多 2,000 字。"}
	toOurselves = view.WordsField{Label: "說明", Hint: "只有本公司人員看得到，最多 2,000 字。"}
)

// offers are of every move; a test holds them against onboarding.Moves.
var offers = map[onboarding.Move]offer{
	onboarding.StartContact: {text: "案件改為聯繫中，並通知申請人。", screen: permit.ApplicationWork, primary: true},
	onboarding.Confirm: {
		text: "今天起算，3–5 個工作天內開通，並通知申請人。", screen: permit.ApplicationWork, primary: true, words: toApplicant,
	},
	onboarding.Propose: {
		text: "先再檢查一次開通條件，再由另一位人員確認。", screen: permit.ApplicationWork, primary: true,
	},
	onboarding.Activate: {
		text: "立即對新的付款生效，並通知申請人與商店；已建立的付款維持原本的方式。", yes: "確定開通",
		screen: permit.ApplicationReview, proof: true, primary: true,
	},
	onboarding.AnswerQuestion: {
		text: "諮詢就此結束，回覆的內容會寄給申請人。", yes: "送出回覆", screen: permit.ApplicationWork, primary: true,
		words: view.WordsField{Label: "回覆內容", Hint: toApplicant.Hint},
	},
	onboarding.Convert: {
		text: "諮詢改為 Passkey服務的申請，接著連結會員與商店。", screen: permit.ApplicationWork,
	},
	onboarding.AskInfo: {
		text: "申請人會收到信件，並在進度頁補件。補件期間不計工作天，再次確認後重新起算。", yes: "送出要求",
		screen: permit.ApplicationWork, words: toApplicant,
	},
	onboarding.AnswerInfo: {
		text:   "申請人以電話或信件補充時，由您代為記下。會員的稽核紀錄會寫明是支援人員所為。",
		screen: permit.ApplicationWork, words: view.WordsField{Label: "申請人的說明", Hint: toApplicant.Hint},
	},
	onboarding.SendBack: {
		text: "提出的開通作廢，案件回到資料確認。", screen: permit.ApplicationReview, words: toOurselves,
	},
	onboarding.Reopen: {text: "案件回到聯繫中。", screen: permit.ApplicationReview, words: toApplicant},
	onboarding.Return: {
		text: "案件就此結束，申請人會收到信件與原因。", screen: permit.ApplicationWork, words: toApplicant,
	},
	onboarding.WithdrawIt: {
		text:   "申請人要求撤回時，由您代為撤回。會員的稽核紀錄會寫明是支援人員所為。",
		screen: permit.ApplicationWork, words: toOurselves,
	},
	onboarding.Deactivate: {
		text: "立即對新的付款生效，改以 3D 簡訊驗證；並通知申請人與商店。", yes: "確定停用",
		screen: permit.StoreSwitch, proof: true, words: toApplicant,
	},
	onboarding.Merge: {screen: permit.ApplicationWork},
}
