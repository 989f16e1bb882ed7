package onboarding

import (
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
)

// ID is an application's number inside the program, and in the console's addresses.
type ID int64

// Receipt is the number that an applicant is given: PK, the day in Taipei as YYMMDD, a
// hyphen and six characters that cannot be guessed from another's, such as PK261124-7H3K9Q.
type Receipt string

// Kind tells applications from questions.
type Kind string

// The kinds of application.
const (
	Apply   Kind = "apply"   // 立即申請
	Consult Kind = "consult" // 我要諮詢
)

// State is where an application stands.
type State string

// The states of an application.
const (
	Submitted   State = "submitted"   // 已送出
	Contacting  State = "contacting"  // 聯繫中
	NeedsInfo   State = "needs_info"  // 待補件
	Confirmed   State = "confirmed"   // 資料確認: the working days run
	Activating  State = "activating"  // 開通作業: somebody asked for a store's activation
	Activated   State = "activated"   // 已開通
	Deactivated State = "deactivated" // 已停用: of all its stores
	Returned    State = "returned"    // 已退回
	Withdrawn   State = "withdrawn"   // 已撤回
	Answered    State = "answered"    // 已回覆: the end of a question
	Merged      State = "merged"      // 已併案 into another application
)

// Subject is what the applicant asks about: 諮詢項目.
type Subject string

// The subjects.
const (
	SubjectPasskey Subject = "passkey" // Passkey服務
	SubjectThreeD  Subject = "threed"  // 3D 交易驗證
	SubjectAPI     Subject = "api"     // API 串接
	SubjectOther   Subject = "other"   // 其他
)

// Slot is a time of day in which the applicant may be called: 期望聯絡時間.
type Slot string

// The slots, in the order of the day in Taipei.
const (
	Slot10 Slot = "10-12" // 10:00~12:00
	Slot13 Slot = "13-15" // 13:00~15:00
	Slot15 Slot = "15-18" // 15:00~18:00
)

// The limits of what an applicant and our staff write, in characters.
const (
	NameMax    = 60
	EmailMax   = 254
	MessageMax = 2000
	NoteMax    = 2000
)

// Standing is where a store of an application stands.
type Standing string

// The standings of a store.
const (
	StoreWaiting  Standing = "waiting"  // nobody has asked for it yet
	StoreProposed Standing = "proposed" // asked for, waits for a second person
	StoreActive   Standing = "active"
	StoreOff      Standing = "off" // was active, and is no more
)

// Store is a store that an application asks Passkey for.
type Store struct {
	ID         member.StoreID
	MerchantID string
	Name       string
	Standing   Standing
	ProposedBy account.ID // of StoreProposed; 0 else
	Proposer   string     // the login
	ProposedAt time.Time
	ActiveAt   time.Time // the latest activation
	OffAt      time.Time
	OffReason  Reason
}

// Application is a merchant's application, or a question, as all who may see it see it.
type Application struct {
	ID      ID
	Version int64 // counts its changes; a change names the one that its mover has seen
	Receipt Receipt
	Kind    Kind
	Subject Subject
	State   State
	Name    string // 姓名 / 公司名稱
	Phone   string // E.164
	Email   string
	Message string // 想要諮詢的事項
	Slots   []Slot
	// FormHash is what a new application's form is known by; nil for none, and where it was read.
	FormHash []byte

	AppliedBy  account.ID // the member's account that applied; 0 for the public form
	MemberID   member.ID  // 0 until it is linked to a member
	MemberCode string
	MemberName string
	Stores     []Store

	Assignee   account.ID // 0 for nobody
	AssigneeAs string     // the login

	SubmittedAt time.Time
	StateSince  time.Time
	ConfirmedAt time.Time // 資料確認, the latest; zero before
	Due         Due       // zero before 資料確認
	Reason      Reason    // of NeedsInfo, Returned, Deactivated
	ReasonText  string    // what the applicant reads besides
	MergedInto  ID
}

// The promise: activation takes 3 to 5 working days from 資料確認 (domain rule on 開通作業).
const (
	DueFromDays = 3
	DueDays     = 5
)

// Due is until when an application is to be activated.
type Due struct {
	From    clock.Date // the third working day after the day of 資料確認
	Until   clock.Date // the fifth, the last one
	Missing []int      // years without a calendar, counted with weekends only
}

// Urgency is how near the end of the promise is.
type Urgency string

// The urgencies.
const (
	NotDue  Urgency = ""        // no clock runs
	OnTime  Urgency = "on_time" //
	LastDay Urgency = "last_day"
	Overdue Urgency = "overdue"
)

// Reason is a code of why an application waits, was returned, or a store was switched off.
type Reason string

// Staff is one of our staff who does something. By.Chain is audit.Platform.
type Staff struct {
	ID   account.ID
	Role account.Role
	By   audit.By
}

// Applicant is who applies: a member's account, or somebody with a receipt's link.
type Applicant struct {
	Member  member.ID // 0 for the link
	Account account.ID
	By      audit.By
}
