package onboarding

import (
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
)

// Actor tells whose doing a line of a case is.
type Actor string

// Whose doing it is.
const (
	ByStaff     Actor = "staff"
	ByApplicant Actor = "applicant"
	BySystem    Actor = "system"
)

// Step is a line of an application's history.
type Step struct {
	Move   Move // "" for 送出 itself
	State  State
	At     time.Time
	By     Actor
	Login  string // of our staff, or of a member's account; "" for an applicant by link
	Store  string // MerchantID, where it was about one
	Reason Reason
	Text   string
}

// How our staff reached out to an applicant.
const (
	ByPhone   = "phone"
	ByMail    = "mail"
	ByMeeting = "meeting"
)

// What came of it.
const (
	Reached     = "reached"
	NotAnswered = "no_answer"
	CallBack    = "call_back"
	WrongNumber = "wrong_number"
)

// Contact is one attempt to reach the applicant.
type Contact struct {
	At     time.Time
	Login  string
	How    string
	Result string
	Note   string
}

// Note is what our staff wrote for each other.
type Note struct {
	At    time.Time
	Login string
	Text  string
}

// AttachmentID is an attachment's number within the program.
type AttachmentID int64

// Attachment is a file of a case, without its content.
type Attachment struct {
	ID    AttachmentID
	Name  string
	Type  string // application/pdf, image/jpeg or image/png, by its content
	Size  int    // bytes
	At    time.Time
	By    Actor
	Login string
	From  Receipt // of the application that it was sent with: another one after 併案
}

// File is an attachment with its content.
type File struct {
	Attachment
	Content []byte
}

// Case is all of an application. Contacts, notes and checks are for our staff alone.
type Case struct {
	Application
	Steps       []Step // the oldest first
	Contacts    []Contact
	Notes       []Note
	Attachments []Attachment
	Checks      []Check // the latest of each store
	MergedFrom  []Receipt
}

// QueueFilter says which applications of the queue are shown. Zero values do not bind.
type QueueFilter struct {
	States   []State
	Open     bool // only those that our staff still have to do with
	Kind     Kind
	Subject  Subject
	Assignee account.ID
	Nobody   bool // assigned to nobody
	Urgency  Urgency
	Slot     Slot
	Query    string // receipt, name, 統一編號 or MerchantID; a phone or mail address in full
	Limit    int    // 0 means QueueLimit
	Offset   int
}

// QueueLimit is how many applications a page of the queue shows.
const QueueLimit = 50

// QueuePage is a part of the queue, what is due first at its beginning.
type QueuePage struct {
	Applications []Application
	Total        int
}

// Call is somebody to call today.
type Call struct {
	Application
	Slot Slot
}

// AgeBand is how many open applications are so old.
type AgeBand struct {
	From, To int // days since 送出, To is 0 for no end
	Count    int
}

// StepTime is how long applications stay in a state.
type StepTime struct {
	State  State
	Median time.Duration // calendar time, of the last 180 days
	Count  int
}

// WeekCount is how many stores were activated in a week.
type WeekCount struct {
	Monday clock.Date
	Count  int
}

// Figures are the console's.
type Figures struct {
	Ages      []AgeBand
	Times     []StepTime
	Overdue   int
	LastDay   int
	Open      int
	Activated []WeekCount // the last 12 weeks, the oldest first
	At        time.Time
}

// StoreEvent is a line of a store's Passkey history.
type StoreEvent struct {
	At      time.Time
	On      bool
	Login   string // of our staff
	Reason  Reason
	Receipt Receipt // of the application; "" where there was none
}

// View is a filter of the queue that somebody of our staff has saved.
type View struct {
	ID     int64
	Name   string
	Query  string // of the queue's address
	Shared bool
	Mine   bool
	Login  string
}

// Link is a link that lets an applicant in.
type Link struct {
	Token       ident.Token
	Application ID
	ExpiresAt   time.Time
}

// StoreRef names a store of a member.
type StoreRef struct {
	ID         member.StoreID
	MerchantID string
	Name       string
	Email      string
	MemberID   member.ID
	MemberCode string
	MemberName string
	Passkey    bool
}
