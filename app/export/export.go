package export

import (
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// Format is the kind of file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Formats lists the formats in the order in which they are offered.
var Formats = []Format{CSV, XLSX}

// ContentType is the media type of a format.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// State is how far an export is.
type State string

// The states.
const (
	Waiting State = "waiting" // for a job
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// The limits of exports.
const (
	// DirectRows is how many rows are offered as a download at once. More are written by a
	// job: nobody's connection then has to last as long as the snapshot.
	DirectRows = 20_000
	// JobsMax is how many jobs of one member may wait or run.
	JobsMax = 3
	// StreamsMax is how many downloads of one member one process writes at once.
	StreamsMax = 2
	// FileLife is how long a finished file can be fetched.
	FileLife = 24 * time.Hour
	// RecordLife is how long is kept what was exported.
	RecordLife = 30 * 24 * time.Hour

	streamsAll   = 6                // downloads of one process
	streamWithin = 10 * time.Minute // longest download while it reads
	lease        = time.Minute      // a run that shows no progress for so long is dead
	progressRows = 20_000

	// TriesMax is how often a job is tried.
	TriesMax = 3
)

// Refusals of an export.
var (
	// ErrFormat tells that there is no such kind of file.
	ErrFormat = fault.New(fault.Invalid, "export_format", "匯出格式只有 CSV 與 XLSX。").At("format")
	// ErrBusy tells that the member has as many exports under way as it may have.
	ErrBusy = fault.New(fault.Throttled, "export_busy", "同時進行的匯出已達上限，請等其中一個完成後再試。")
	// ErrNotFound tells that the account has no such export.
	ErrNotFound = fault.New(fault.NotFound, "export_not_found", "查無此匯出，或不是由您的帳號建立。")
	// ErrNotReady tells that the file is not written yet, or never will be.
	ErrNotReady = fault.New(fault.Conflict, "export_not_ready", "檔案尚未完成，無法下載。")
	// ErrExpired tells that the file is gone.
	ErrExpired = fault.New(fault.NotFound, "export_expired", "下載期限已過，檔案已刪除。請重新匯出。")
	// ErrScope tells that the account may not see any more what it wanted to export.
	ErrScope = fault.New(fault.Denied, "export_scope", "您的管理商店或權限已變更，這個匯出不再提供。請重新匯出。")
	// ErrConditions tells that the conditions hold no longer, such as a card's key.
	ErrConditions = fault.New(fault.Refused, "export_conditions", "查詢條件已失效（例如卡號查詢逾時），請重新查詢後匯出。")

	errSlow = fault.New(fault.Unavailable, "export_slow", "下載時間過長，已中斷。請改用背景匯出。")
)

// What a person is told of a defect.
const (
	failedSentence = "匯出時系統發生錯誤，沒有產生檔案。請重新匯出；若持續發生，請聯絡客服中心。"
	// CutShort tells of an export whose process ended.
	CutShort = "匯出中途中斷，沒有產生完整的檔案。請重新匯出。"
)

// Condition is one condition of the filter, in words.
type Condition struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Order is an export that somebody asks for.
type Order struct {
	By         audit.By
	Account    account.ID // whose the export is
	Scope      report.Scope
	Filter     report.TransactionFilter
	Query      string // the filter as a query string with its days, for a later run
	Subject    string // the same as it may be shown and recorded: without a card
	Conditions []Condition
	Columns    []report.Column
	Format     Format
}

// Record is an export as it is kept, with its manifest once it is done.
type Record struct {
	ID         int64
	Run        int // counts the runs of a job; only the latest may write
	Tries      int // runs that failed
	Token      ident.Token
	By         audit.By
	Account    account.ID
	Scope      []member.StoreID // nil for every store of the member
	Direct     bool             // went straight to whoever asked; no file is kept
	Format     Format
	State      State
	Query      string
	Subject    string
	Conditions []Condition
	Columns    []report.Column
	DateKind   report.DateKind // whose time the rows are ordered by, the newest first
	File       string          // name of the file
	Rows       int64           // written so far
	Total      int64           // counted in the snapshot; -1 before
	Sheets     int
	Bytes      int64
	SHA256     string // hexadecimal
	Failure    string // a sentence, where it failed
	CreatedAt  time.Time
	SnapshotAt time.Time
	FinishedAt time.Time
	ExpiresAt  time.Time // of the file; zero where none is kept
}

// Member is whose transactions the export holds.
func (r Record) Member() member.ID { return member.ID(r.By.Chain) }

// Within tells that the scope still holds every store that the export may show.
func (r Record) Within(s report.Scope) bool {
	if r.Member() != s.Member() {
		return false
	}
	if r.Scope == nil {
		return s.AllStores()
	}
	for _, id := range r.Scope {
		if _, seen := s.Store(id); !seen {
			return false
		}
	}
	return true
}

// Expired tells that the file can no longer be fetched.
func (r Record) Expired(now time.Time) bool { return !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt) }

// Fetchable returns why the file cannot be fetched, nil if it can.
func (r Record) Fetchable(s report.Scope, now time.Time) error {
	switch {
	case !r.Within(s):
		return ErrScope
	case r.State != Done || r.Direct:
		return ErrNotReady
	case r.Expired(now):
		return ErrExpired
	}
	return nil
}
