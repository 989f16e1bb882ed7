// Package member serves 會員專區: sign-in, its home page, and the screens of
// 銷售中心 and 會員中心.
//
// A handler reads the form, asks one service, has a presenter (present_*.go, pure)
// turn the answer into a view model, and renders it. Invariant: what is shown is
// read in the scope of the request's actor and of nobody else. The package holds
// no rules of the business and formats only for people: zh-Hant-TW, Taipei time.
package member
