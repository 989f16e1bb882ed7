// Package member holds the pages of 會員專區: sign-in, home, 信用卡交易專用查詢, one transaction, and 權限不足.
//
// Invariant: each page is one struct of ready text; forms carry the value and the error of every field, so that
// a refused request shows again what was typed. The package must not format money or time, ask about
// permission, or import anything of app.
package member
