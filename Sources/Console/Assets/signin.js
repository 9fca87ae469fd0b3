// Sign-in.

import { post } from './api.js';
import { h } from './dom.js';
import { explain, trouble } from './notice.js';

/** Shows the form; `onDone` runs when the node has set its cookie. */
export function openSignIn(page, { onDone, message, problem, retry }) {
    document.title = 'Sign in · Roundhouse';
    const login = h('input', {
        id: 'login', name: 'username', autocomplete: 'username', required: true,
        autocapitalize: 'none', spellcheck: 'false',
    });
    const password = h('input', {
        id: 'password', name: 'password', type: 'password', required: true,
        autocomplete: 'current-password',
    });
    const button = h('button.primary', { type: 'submit' }, 'Sign in');
    const said = h('p.said', { role: 'alert', id: 'said' }, message ?? '');
    const form = h('form.signin', {
        'aria-labelledby': 'signin-title', 'aria-describedby': 'said',
        onsubmit: async (event) => {
            event.preventDefault();
            button.disabled = true;
            button.textContent = 'Signing in…';
            said.textContent = '';
            try {
                await post('/sign-in', { login: login.value.trim(), password: password.value });
                await onDone();
            } catch (failure) {
                said.textContent = failure.status === 401
                    ? 'This login and password do not match an active account.'
                    : explain(failure);
                password.select();
            } finally {
                button.disabled = false;
                button.textContent = 'Sign in';
            }
        },
    },
    h('img', { src: '/assets/icon.svg', alt: '', width: 44, height: 44 }),
    h('h1', { id: 'signin-title' }, 'Sign in to Roundhouse'),
    said,
    h('label', { htmlFor: 'login' }, 'Login'), login,
    h('label', { htmlFor: 'password' }, 'Password'), password,
    button);
    page.replaceChildren(h('main.entry', problem ? trouble(problem, retry) : null, form));
    login.focus();
}
