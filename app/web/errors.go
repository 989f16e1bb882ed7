package web

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/views/public"
)

// Faults of the engine itself.
var (
	// ErrNoPage tells that no route has the address.
	ErrNoPage = fault.New(fault.NotFound, "page_not_found", "網址可能已變更，或輸入的網址不正確。")
	// ErrCrossOrigin tells that a browser posted from another site.
	ErrCrossOrigin = fault.New(fault.Denied, "cross_origin", "這個要求來自其他網站，為保護您的帳號，沒有執行。")
	// ErrForm tells that a form cannot be read.
	ErrForm = fault.New(fault.Invalid, "form_unreadable", "送出的資料無法讀取。")
	// ErrTooLarge tells that a form is larger than any that a page sends.
	ErrTooLarge = fault.New(fault.Invalid, "body_too_large", "送出的資料太大。")
	// ErrMethod tells that the address knows no such method.
	ErrMethod = fault.New(fault.Invalid, "method_not_allowed", "這個網址不接受此種要求。")
	// errGone is for a client that went away before the answer.
	errGone = fault.New(fault.Unavailable, "client_gone", "連線已中斷。")
	// errTimeout tells that the answer took too long.
	errTimeout = fault.New(fault.Unavailable, "timeout", "處理時間過長，已停止。請縮小查詢範圍或稍後再試。")
)

// wording is how a kind of fault is shown.
type wording struct {
	status int
	title  string
	advice string
}

var wordings = map[fault.Kind]wording{
	fault.Internal:    {http.StatusInternalServerError, "系統發生錯誤", "請稍後再試；若持續發生，請將查詢編號提供給客服中心。"},
	fault.Invalid:     {http.StatusBadRequest, "資料不正確", "請回上一頁修改後再送出。"},
	fault.NotFound:    {http.StatusNotFound, "找不到資料", "請確認網址或號碼是否正確。"},
	fault.Conflict:    {http.StatusConflict, "資料已經變更", "請重新整理後再試。"},
	fault.Denied:      {http.StatusForbidden, "無法執行", "若需要協助，請將查詢編號提供給客服中心。"},
	fault.Refused:     {http.StatusUnprocessableEntity, "無法執行", "請確認內容後再試。"},
	fault.Throttled:   {http.StatusTooManyRequests, "操作太頻繁", "請稍候一段時間再試。"},
	fault.Unavailable: {http.StatusServiceUnavailable, "服務暫時無法使用", "請稍後再試；若持續發生，請將查詢編號提供給客服中心。"},
}

// specific are the faults whose HTTP status their kind does not tell.
var specific = map[fault.Code]int{
	ErrTooLarge.Code: http.StatusRequestEntityTooLarge,
	ErrMethod.Code:   http.StatusMethodNotAllowed,
}

// Status returns the HTTP status of a fault.
func Status(f *fault.Fault) int {
	if status, ok := specific[f.Code]; ok {
		return status
	}
	return wordings[f.Kind].status
}

// ErrorRenderer answers a request whose handler returned an error.
type ErrorRenderer func(c *gin.Context, f *fault.Fault)

// fail logs an error's cause once and has it rendered.
func (r *Router) fail(c *gin.Context, err error) {
	f := classify(c.Request.Context(), err)
	r.server.logFault(c.Request.Context(), f, err)
	if c.Writer.Written() {
		mustCut() // a part must not look like the whole
	}
	r.render(c, f)
}

// LogError logs an error that a page tells in its own words, like one that is returned.
func (s *Server) LogError(c *gin.Context, err error) {
	ctx := c.Request.Context()
	s.logFault(ctx, classify(ctx, err), err)
}

// classify tells broken connections and time limits from defects.
func classify(ctx context.Context, err error) *fault.Fault {
	var large *http.MaxBytesError
	f := fault.From(err)
	switch {
	case errors.As(err, &large):
		return ErrTooLarge
	case f.Kind != fault.Internal:
		return f
	case errors.Is(context.Cause(ctx), context.Canceled):
		return errGone
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout.Because(err)
	}
	return f
}

func (s *Server) logFault(ctx context.Context, f *fault.Fault, err error) {
	t := trailOf(ctx)
	level := slog.LevelDebug
	switch {
	case f.Kind == fault.Internal:
		level = slog.LevelError
	case f.Kind == fault.Unavailable && f != errGone:
		level = slog.LevelWarn
	}
	s.o.Log.Log(context.WithoutCancel(ctx), level, "request failed", "request_id", t.id, "route", t.route,
		"kind", f.Kind.String(), "code", string(f.Code), "error", err.Error())
}

// errorPage is the ErrorRenderer of pages for people.
func (s *Server) errorPage(c *gin.Context, f *fault.Fault) {
	words := wordings[f.Kind]
	status := Status(f)
	signedIn := s.SignedIn(c)
	home := public.ErrorLink{Label: "回首頁", Href: "/"}
	switch {
	case signedIn:
		home = public.ErrorLink{Label: "回會員專區首頁", Href: homePath}
	case Actor(c).Account.Kind == account.Staff:
		home = public.ErrorLink{Label: "回支援主控台", Href: supportPath}
	}
	err := Page(c, status, public.Error(public.ErrorPage{
		Status: strconv.Itoa(status), Title: words.title, Sentence: f.Public, Advice: words.advice,
		RequestID: RequestID(c), SignedIn: signedIn, Demo: s.o.Demo, Links: []public.ErrorLink{home},
	}))
	if err != nil {
		s.LogError(c, err)
		s.writePlainError(c.Writer, c.Request)
	}
}

// writePlainError is the last resort: it needs no page, no session and no engine.
func (s *Server) writePlainError(w http.ResponseWriter, r *http.Request) {
	w.Header().Del("Content-Length")
	w.Header().Del("Content-Encoding")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	words := wordings[fault.Internal]
	page := `<!DOCTYPE html><html lang="zh-Hant-TW"><meta charset="utf-8"><title>` + words.title + `</title><h1>` +
		words.title + `</h1><p>` + words.advice + `</p><p>查詢編號 <code>` +
		html.EscapeString(trailOf(r.Context()).id) + `</code></p></html>`
	_, _ = w.Write([]byte(page))
}

// mustCut has the server cut the connection, as net/http asks for it.
func mustCut() { panic(http.ErrAbortHandler) }
