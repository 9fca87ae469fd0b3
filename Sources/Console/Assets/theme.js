// What one browser remembers: colours, the Enter key, single-key shortcuts.

const DEFAULTS = { theme: 'auto', enterSends: 'yes', shortcuts: 'yes', panel: 'yes' };

/** A remembered choice. */
export const choice = (name) => localStorage.getItem(name) ?? DEFAULTS[name];

/** Remembers a choice. */
export function choose(name, value) {
    localStorage.setItem(name, value);
    if (name === 'theme') applyTheme();
}

/** Light, dark, or as the system says. */
export function applyTheme() {
    document.documentElement.dataset.theme = choice('theme');
}
