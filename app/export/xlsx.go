package export

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// sheetRows is how many rows one sheet holds, its head among them; what is more goes on on
// another sheet (a limit of the file format).
const sheetRows = excelize.TotalRows

// xlsxSheet writes a workbook. The library keeps the rows in a temporary file, in the
// system's folder for them, and removes it; the archive goes straight to out.
type xlsxSheet struct {
	fields    []field
	file      *excelize.File
	sheet     *excelize.StreamWriter
	count     int
	next      int // row of the current sheet, from 1
	rowsMax   int
	bold, sum int // styles
	scratch   []byte
	cells     []any
}

func newXLSX(out io.Writer, fields []field) (*xlsxSheet, error) {
	file := excelize.NewFile()
	// Without it the library builds the whole archive in memory.
	file.ZipWriter = func(io.Writer) excelize.ZipWriter { return newArchive(out) }
	s := &xlsxSheet{fields: fields, file: file, rowsMax: sheetRows, cells: make([]any, len(fields))}
	var err error
	if s.bold, err = file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return nil, s.broken(err)
	}
	const grouped = 3 // #,##0
	if s.sum, err = file.NewStyle(&excelize.Style{NumFmt: grouped}); err != nil {
		return nil, s.broken(err)
	}
	if err := s.open(); err != nil {
		return nil, s.broken(err)
	}
	return s, nil
}

// newArchive compresses quickly: the cells are so repetitive that a slow search saves little.
func newArchive(out io.Writer) *zip.Writer {
	w := zip.NewWriter(out)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed)
	})
	return w
}

func (s *xlsxSheet) broken(err error) error {
	s.drop()
	return fmt.Errorf("write workbook: %w", err)
}

// open begins the next sheet with its head, which stays in sight.
func (s *xlsxSheet) open() (err error) {
	s.count++
	name := fmt.Sprintf("交易 %d", s.count)
	if s.count == 1 {
		err = s.file.SetSheetName(s.file.GetSheetName(0), name)
	} else {
		_, err = s.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if s.sheet, err = s.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, f := range s.fields {
		if err := s.sheet.SetColWidth(i+1, i+1, float64(f.width)); err != nil {
			return err
		}
		s.cells[i] = excelize.Cell{StyleID: s.bold, Value: f.head}
	}
	err = s.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return err
	}
	s.next = 1
	return s.write()
}

// write adds the row that stands in cells.
func (s *xlsxSheet) write() error {
	at, err := excelize.CoordinatesToCellName(1, s.next)
	if err != nil {
		return err
	}
	s.next++
	return s.sheet.SetRow(at, s.cells)
}

func (s *xlsxSheet) row(r *Row) error {
	if s.next > s.rowsMax {
		if err := s.sheet.Flush(); err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
		if err := s.open(); err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
	}
	for i, f := range s.fields {
		s.cells[i] = nil
		if f.amount != nil {
			if twd, known := f.amount(r); known {
				s.cells[i] = excelize.Cell{StyleID: s.sum, Value: twd}
			}
			continue
		}
		if s.scratch = f.text(s.scratch[:0], r); len(s.scratch) > 0 {
			s.cells[i] = string(s.scratch)
		}
	}
	if err := s.write(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (s *xlsxSheet) end() error {
	err := s.sheet.Flush()
	if err == nil {
		_, err = s.file.WriteTo(io.Discard) // the archive goes to out
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (s *xlsxSheet) drop() { _ = s.file.Close() }

func (s *xlsxSheet) sheets() int { return s.count }
