package story

import "github.com/a-h/templ"

// Story is one page in one state.
type Story struct {
	Name  string // unique, letters, digits and dashes: also the file name
	Group string // the folder of views it comes from
	Title string // what it shows, in a few words
	Page  templ.Component
}

// All returns every story in the order of the storybook.
func All() []Story {
	groups := [][]Story{
		public(), passkeyService(), signIn(), memberPages(), notices(), assistants(), audits(), tokenStats(), passkeyLab(),
		applications(),
		supportPages(), console(), list(), exports(),
		details(), actions(), selections(), pay(), verifications(), outcomes(), shops(), demos(),
	}
	var all []Story
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// Find returns the story of that name, or false.
func Find(name string) (Story, bool) {
	for _, story := range All() {
		if story.Name == name {
			return story, true
		}
	}
	return Story{}, false
}
