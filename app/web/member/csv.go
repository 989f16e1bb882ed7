package member

import (
	"encoding/csv"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/export"
)

// sheet writes a CSV file (RFC 4180) row by row, for spreadsheets: in UTF-8 with its
// mark, and with no cell that one would take for a formula.
type sheet struct{ rows *csv.Writer }

// startSheet says in the header that a file follows.
func startSheet(c *gin.Context, name string) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Status(http.StatusOK)
}

// newSheet starts to answer with a file. From here on the answer cannot be an error
// page.
func newSheet(c *gin.Context, name string, heads ...string) (sheet, error) {
	startSheet(c, name)
	s := sheet{csv.NewWriter(c.Writer)}
	s.rows.UseCRLF = true
	if _, err := io.WriteString(c.Writer, export.Mark); err != nil {
		return s, err
	}
	return s, s.add(heads...)
}

// add writes a row.
func (s sheet) add(cells ...string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = export.Guard(cell)
	}
	return s.rows.Write(row)
}

// end writes what is still held back. A file that an error cut short says so in its
// last row: its status was sent long before.
func (s sheet) end(err error) error {
	if err != nil {
		_ = s.add("（匯出未完成，請縮小期間後重新匯出）")
	}
	s.rows.Flush()
	if err == nil {
		err = s.rows.Error()
	}
	return err
}
