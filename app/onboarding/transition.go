package onboarding

import (
	"slices"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
)

// Move is a step that somebody takes with an application.
type Move string

// The moves.
const (
	StartContact   Move = "start_contact"
	Confirm        Move = "confirm"
	AskInfo        Move = "ask_info"
	AnswerInfo     Move = "answer"
	Propose        Move = "propose"  // asks for a store's activation
	Activate       Move = "activate" // the second person confirms it
	SendBack       Move = "send_back"
	Return         Move = "return"
	Reopen         Move = "reopen"
	WithdrawIt     Move = "withdraw"
	Deactivate     Move = "deactivate" // of a store
	AnswerQuestion Move = "answer_question"
	Convert        Move = "convert" // a question becomes an application
	Merge          Move = "merge"
)

// Moves lists every move in the order in which a page offers them.
var Moves = []Move{
	StartContact, Confirm, Propose, Activate, AnswerQuestion, Convert, AskInfo, AnswerInfo, SendBack, Reopen, Return,
	WithdrawIt,
	Deactivate, Merge,
}

var moveLabels = map[Move]string{
	StartContact: "開始聯繫", Confirm: "確認資料", AskInfo: "請申請人補件", AnswerInfo: "代為補件", Propose: "提出開通",
	Activate: "確認開通", SendBack: "退回資料確認", Return: "退回申請", Reopen: "重新受理", WithdrawIt: "代為撤回",
	Deactivate: "停用 Passkey", AnswerQuestion: "諮詢已回覆", Convert: "轉為申請", Merge: "併案",
}

// Label returns the words of a move as our staff see it.
func (m Move) Label() string { return moveLabels[m] }

// transition is one line of the table.
type transition struct {
	from   []State
	to     State
	kind   Kind         // of the applications that have the move; "" for all
	role   account.Role // of our staff, the least; "" where staff cannot
	mine   bool         // the applicant may
	stores bool         // it is taken for one store; to is where the last store leads
}

// transitions is the whole table. What is not in it is refused.
var transitions = map[Move]transition{
	StartContact: {from: []State{Submitted}, to: Contacting, role: account.Agent},
	Confirm:      {from: []State{Contacting}, to: Confirmed, kind: Apply, role: account.Agent},
	AskInfo:      {from: []State{Contacting, Confirmed, Activating}, to: NeedsInfo, kind: Apply, role: account.Agent},
	AnswerInfo:   {from: []State{NeedsInfo}, to: Contacting, kind: Apply, role: account.Agent, mine: true},
	Propose: {
		from: []State{Confirmed, Activating, Activated, Deactivated}, to: Activating, kind: Apply,
		role: account.Agent, stores: true,
	},
	Activate: {from: []State{Activating}, to: Activated, kind: Apply, role: account.Reviewer, stores: true},
	SendBack: {from: []State{Activating}, to: Confirmed, kind: Apply, role: account.Reviewer},
	Return: {
		from: []State{Submitted, Contacting, NeedsInfo, Confirmed, Activating}, to: Returned, kind: Apply,
		role: account.Agent,
	},
	Reopen: {from: []State{Returned}, to: Contacting, kind: Apply, role: account.Reviewer},
	WithdrawIt: {
		from: []State{Submitted, Contacting, NeedsInfo, Confirmed}, to: Withdrawn, role: account.Agent, mine: true,
	},
	// A store that is on can be switched off wherever its application has gone since.
	Deactivate: {
		from: []State{Contacting, NeedsInfo, Confirmed, Activating, Activated, Returned, Withdrawn, Merged},
		to:   Deactivated, kind: Apply, role: account.Reviewer, stores: true,
	},
	AnswerQuestion: {from: []State{Submitted, Contacting}, to: Answered, kind: Consult, role: account.Agent},
	Convert:        {from: []State{Submitted, Contacting}, to: Contacting, kind: Consult, role: account.Agent},
	Merge: {
		from: []State{Submitted, Contacting, NeedsInfo, Confirmed}, to: Merged, role: account.Agent,
	},
}

// roles are those of our staff from the least to the most.
var roles = []account.Role{account.Agent, account.Reviewer, account.Admin}

// Role returns the least role of our staff that may take a move of an application in a
// state. From 開通作業 only a reviewer returns it.
func (m Move) Role(from State) account.Role {
	if from == Activating && m == Return {
		return account.Reviewer
	}
	return transitions[m].role
}

// ForStore tells that a move is taken for one store.
func (m Move) ForStore() bool { return transitions[m].stores }

// Reasons lists the reasons that a move takes; it needs one of them if there are any.
func (m Move) Reasons() []Reason {
	switch m {
	case AskInfo:
		return []Reason{
			StoresMissing, ThreeDOff, APIVersion, PayerFields, NotifyURL, ReturnURL, ContactWrong, Documents,
		}
	case Return:
		return []Reason{NoAnswer, NotEligible, Duplicate, TestStore, StoreSuspended}
	case Deactivate:
		return []Reason{MemberAsked, Risk, Misuse, ContractEnded}
	}
	return nil
}

// NeedsText tells that a move needs words of whoever takes it.
func (m Move) NeedsText() bool {
	switch m {
	case AskInfo, SendBack, WithdrawIt, AnswerInfo, AnswerQuestion:
		return true
	}
	return false
}

// Refusals of moves.
var (
	// ErrTransition tells that an application in this state has no such move.
	ErrTransition = fault.New(fault.Conflict, "application_transition", "案件目前的狀態不能進行這個動作。")
	// ErrRole tells that the role of our staff may not take the move.
	ErrRole = fault.New(fault.Denied, "application_role", "您的角色不能進行這個動作，請由審核人員進行。")
	// ErrStale tells that somebody else changed the application in the meantime.
	ErrStale = fault.New(fault.Conflict, "application_stale", "案件剛才已由他人更新，您的變更尚未儲存。請確認最新內容後再送出。")
	// ErrSamePerson tells that whoever asked for an activation would confirm it.
	ErrSamePerson = fault.New(fault.Refused, "application_same_person", "開通須由另一位人員確認，不能確認自己提出的開通。")
	// ErrNotLinked tells that no member and store is linked yet.
	ErrNotLinked = fault.New(fault.Refused, "application_not_linked", "請先連結會員與至少一家商店。")
	// ErrNotReached tells that nobody has reached the applicant yet.
	ErrNotReached = fault.New(fault.Refused, "application_not_reached", "請先記錄至少一次成功的聯繫。")
	// ErrNotReady tells that a store has failed an item of the readiness check.
	ErrNotReady = fault.New(fault.Refused, "application_not_ready", "商店的準備度檢查有未通過的項目，請先調整。")
	// ErrStanding tells that the store does not stand where the move begins.
	ErrStanding = fault.New(fault.Conflict, "application_standing", "這家商店目前的狀態不能進行這個動作。")
	// ErrReason tells that a reason is missing or not one of the move's.
	ErrReason = fault.New(fault.Invalid, "application_reason", "請選擇原因。").At("reason")
	// ErrText tells that words are missing or too long.
	ErrText = fault.New(fault.Invalid, "application_text", "請輸入說明，最多 2,000 字。").At("text")
)

// permitted returns where a move leads that somebody of our staff takes.
func permitted(a Application, m Move, by Staff) (State, error) {
	t, ok := transitions[m]
	if !ok || !slices.Contains(t.from, a.State) || t.kind != "" && t.kind != a.Kind {
		return "", ErrTransition
	}
	if t.role == "" || slices.Index(roles, by.Role) < slices.Index(roles, m.Role(a.State)) {
		return "", ErrRole
	}
	return t.to, nil
}

// permittedToApplicant returns where a move leads that the applicant takes.
func permittedToApplicant(a Application, m Move) (State, error) {
	t, ok := transitions[m]
	if !ok || !t.mine || !slices.Contains(t.from, a.State) || t.kind != "" && t.kind != a.Kind {
		return "", ErrTransition
	}
	return t.to, nil
}

// Allowed lists the moves that an application in its state has, whoever may take them.
func Allowed(a Application) []Move {
	var list []Move
	for _, m := range Moves {
		t := transitions[m]
		if slices.Contains(t.from, a.State) && (t.kind == "" || t.kind == a.Kind) {
			list = append(list, m)
		}
	}
	return list
}

// MayTake tells whether a role may take a move from a state.
func MayTake(r account.Role, m Move, from State) bool {
	return slices.Index(roles, r) >= slices.Index(roles, m.Role(from))
}

// ApplicantMay tells whether the applicant may take a move.
func ApplicantMay(a Application, m Move) bool {
	_, err := permittedToApplicant(a, m)
	return err == nil
}
