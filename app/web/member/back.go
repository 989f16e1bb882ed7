package member

import (
	"net/url"

	"github.com/gin-gonic/gin"
)

// fieldBack carries the list's query through pages, so that 回到查詢結果 leads back to it.
const fieldBack = "back"

// backMax is the longest query that is carried: longer than the paste box allows.
const backMax = 8000

// listQuery reads the list's query from a form or an address. It is a query string and
// nothing else: whatever it holds can lead to the list alone. "" for what is none.
func listQuery(text string) string {
	values, err := url.ParseQuery(text)
	if err != nil || len(text) > backMax {
		return ""
	}
	return values.Encode()
}

// listHref is the list with a query that listQuery returned.
func listHref(query string) string {
	if query == "" {
		return pathCardList
	}
	return pathCardList + "?" + query
}

// cameFrom is the query of the list from which somebody came to a page: carried by the
// address, else of the page before.
func cameFrom(c *gin.Context) string {
	if carried := listQuery(c.Query(fieldBack)); carried != "" {
		return carried
	}
	u, err := url.Parse(c.Request.Referer())
	if err != nil || u.Path != pathCardList {
		return ""
	}
	return listQuery(u.RawQuery)
}

// cardPage is the address of a transaction's page, with what it is told and the way back.
func cardPage(card string, told url.Values, back string) string {
	if back != "" {
		told.Set(fieldBack, back)
	}
	return withQuery(card, told)
}
