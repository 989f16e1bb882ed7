package onboarding

import "time"

// States lists every state in the order of the way through them.
var States = []State{
	Submitted, Contacting, NeedsInfo, Confirmed, Activating, Activated, Deactivated, Returned, Withdrawn, Answered, Merged,
}

var stateLabels = map[State]string{
	Submitted: "已送出", Contacting: "聯繫中", NeedsInfo: "待補件", Confirmed: "資料確認", Activating: "開通作業",
	Activated: "已開通", Deactivated: "已停用", Returned: "已退回", Withdrawn: "已撤回", Answered: "已回覆", Merged: "已併案",
}

// Label returns the words of a state (zh-Hant-TW).
func (s State) Label() string { return stateLabels[s] }

// Open tells that our staff still have something to do.
func (s State) Open() bool {
	switch s {
	case Submitted, Contacting, NeedsInfo, Confirmed, Activating:
		return true
	case Activated, Deactivated, Returned, Withdrawn, Answered, Merged:
	}
	return false
}

// Kinds lists every kind.
var Kinds = []Kind{Apply, Consult}

// Label returns the words of a kind.
func (k Kind) Label() string {
	if k == Consult {
		return "我要諮詢"
	}
	return "立即申請"
}

// Subjects lists every subject in the order of the form.
var Subjects = []Subject{SubjectPasskey, SubjectThreeD, SubjectAPI, SubjectOther}

var subjectLabels = map[Subject]string{
	SubjectPasskey: "Passkey服務", SubjectThreeD: "3D 交易驗證", SubjectAPI: "API 串接", SubjectOther: "其他",
}

// Label returns the words of a subject.
func (s Subject) Label() string { return subjectLabels[s] }

// Slots lists every slot in the order of the day.
var Slots = []Slot{Slot10, Slot13, Slot15}

var slotLabels = map[Slot]string{Slot10: "10:00~12:00", Slot13: "13:00~15:00", Slot15: "15:00~18:00"}

// Label returns the words of a slot.
func (s Slot) Label() string { return slotLabels[s] }

var standingLabels = map[Standing]string{
	StoreWaiting: "尚未開通", StoreProposed: "待第二人確認", StoreActive: "已開通", StoreOff: "已停用",
}

// Label returns the words of a standing.
func (s Standing) Label() string { return standingLabels[s] }

// Why a case waits, went back, or a store was switched off.
const (
	StoresMissing Reason = "stores_missing"
	ThreeDOff     Reason = "threed_off"
	APIVersion    Reason = "api_version"
	PayerFields   Reason = "payer_fields"
	NotifyURL     Reason = "notify_url"
	ReturnURL     Reason = "return_url"
	ContactWrong  Reason = "contact_wrong"
	Documents     Reason = "documents"

	NoAnswer       Reason = "no_answer"
	NotEligible    Reason = "not_eligible"
	Duplicate      Reason = "duplicate"
	TestStore      Reason = "test_store"
	StoreSuspended Reason = "store_suspended"

	MemberAsked   Reason = "member_asked"
	Risk          Reason = "risk"
	Misuse        Reason = "misuse"
	ContractEnded Reason = "contract_ended"
)

// reasonWords are a reason's label and what the applicant is to do.
type reasonWords struct{ label, text string }

var reasons = map[Reason]reasonWords{
	StoresMissing:  {"缺少商店代號", "請告訴我們要申請的商店代號，可填多家。"},
	ThreeDOff:      {"未啟用 3D", "非 3D 商店請在交易請求帶入 P3D=1，或先申請改為 3D 商店。"},
	APIVersion:     {"API 版本過舊", "幕前串接請使用 2.0 以上版本；幕後串接請使用 2.5 以上版本。"},
	PayerFields:    {"缺少持卡人欄位", "請於交易請求帶入持卡人姓氏、名字與含國碼的電話。"},
	NotifyURL:      {"NotifyURL 無法使用", "請確認 NotifyURL 為可公開連線的網址，並回應 HTTP 200。"},
	ReturnURL:      {"ReturnURL 無法使用", "請確認 ReturnURL 為正確的網址。"},
	ContactWrong:   {"聯絡資料有誤", "請提供可聯絡的電話與時間。"},
	Documents:      {"缺少文件", "請上傳所需的文件（PDF、JPEG 或 PNG）。"},
	NoAnswer:       {"多次聯絡未果", "我們多次與您聯絡未果。仍需要時，請重新申請。"},
	NotEligible:    {"不符申請條件", "商店目前不符合申請條件，請參考說明調整後再申請。"},
	Duplicate:      {"重複申請", "相同的申請正在處理中，請以該件為準。"},
	TestStore:      {"測試環境商店", "測試環境不會觸發 Passkey 與簡訊驗證，請以正式環境商店申請。"},
	StoreSuspended: {"商店已停用", "商店目前停用，恢復後請重新申請。"},
	MemberAsked:    {"依會員要求", "依您的要求停用，日後可以重新申請開通。"},
	Risk:           {"風險控管", "因風險控管停用。如有疑問請與我們聯絡。"},
	Misuse:         {"使用異常", "偵測到使用異常而停用。請與我們聯絡。"},
	ContractEnded:  {"合約終止", "因合約終止而停用。"},
}

// Label returns the words of a reason.
func (r Reason) Label() string { return reasons[r].label }

// Text returns what a reason means for the applicant, and what is to be done.
func (r Reason) Text() string { return reasons[r].text }

// Urgency tells how near the end of the promise is at a time.
func (a Application) Urgency(now time.Time) Urgency {
	if a.Due.Until.IsZero() || !a.State.Open() {
		return NotDue
	}
	switch left := today(now).DaysUntil(a.Due.Until); {
	case left < 0:
		return Overdue
	case left == 0:
		return LastDay
	}
	return OnTime
}
