(function () {
  'use strict';
  var form = document.forms[0], set = form.dataset, host = set.host;
  var words = JSON.parse(set.words);
  var busy = false;

  function say(message) {
    message.souk = 1;
    window.parent.postMessage(message, host);
  }

  function height() { say({ act: 'height', height: Math.ceil(document.documentElement.getBoundingClientRect().height) }); }

  function bare(text) { return text.replace(/ /g, '').toUpperCase(); }

  // mod97 is the remainder of a number whose letters are 10 to 35 (ISO 7064).
  function mod97(text) {
    var rest = 0;
    for (var i = 0; i < text.length; i++) {
      var n = parseInt(text.charAt(i), 36);
      rest = (rest * (n > 9 ? 100 : 10) + n) % 97;
    }
    return rest;
  }

  function isIBAN(text) {
    text = bare(text);
    if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/.test(text)) { return false; }
    return set.test === 'true' && text.slice(2) === set.sample || mod97(text.slice(4) + text.slice(0, 4)) === 1;
  }

  function isRouting(text) {
    if (set.country !== 'US') { return /^[0-9]{5}-?[0-9]{3,4}$|^[0-9]{8,9}$/.test(text); }
    if (!/^[0-9]{9}$/.test(text)) { return false; }
    for (var i = 0, sum = 0; i < 9; i++) { sum += Number(text.charAt(i)) * [3, 7, 1][i % 3]; }
    return sum % 10 === 0;
  }

  var rules = {
    iban: isIBAN,
    bic: function (text) { return /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(text.toUpperCase()); },
    routing_number: isRouting,
    sort_code: function (text) { return /^[0-9]{6}$/.test(text.replace(/[- ]/g, '')); },
    bsb: function (text) { return /^[0-9]{6}$/.test(text.replace(/[- ]/g, '')); },
    ssn_last_4: function (text) { return /^[0-9]{4}$/.test(text); },
    birth_date: function (text) { return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text); },
    number: function (text) { return set.cards.split(' ').indexOf(bare(text)) >= 0; },
    exp_month: function (text) { return /^(0?[1-9]|1[0-2])$/.test(text); },
    exp_year: function (text) { return /^[0-9]{4}$/.test(text); },
    cvc: function (text) { return /^[0-9]{3,4}$/.test(text); }
  };

  function fits(input) {
    var text = input.value.trim(), most = Number(input.dataset.max);
    if (text === '') { return !input.required; }
    if (rules[input.name]) { return rules[input.name](text); }
    if (!most) { return true; }
    return text.length >= Number(input.dataset.min) && text.length <= most && (input.dataset.digits === 'true' ? /^[0-9]+$/ : /^[0-9A-Za-z]+$/).test(text);
  }

  function show(input, message) {
    var note = document.getElementById(input.id + '-note');
    note.textContent = message;
    if (message) { input.setAttribute('aria-invalid', 'true'); } else { input.removeAttribute('aria-invalid'); }
  }

  function inputs() { return Array.prototype.slice.call(form.querySelectorAll('input, select')); }

  // wrong shows what is wrong and returns the first of it.
  function wrong() {
    var first = null;
    inputs().forEach(function (input) {
      var good = fits(input);
      show(input, good ? '' : (input.value.trim() === '' ? words.missing : words.wrong));
      if (!good && !first) { first = input; }
    });
    height();
    return first;
  }

  function ask(id) {
    function no(code, field, message) { busy = false; say({ act: 'answer', id: id, error: { code: code, field: field, message: message } }); }
    if (busy) { // and stays so
      say({ act: 'answer', id: id, error: { code: 'busy', field: '', message: words.wait } });
      return;
    }
    var first = wrong();
    if (first) {
      first.focus();
      no('invalid_' + first.name, first.name, words.wrong);
      return;
    }
    var body = { kind: set.kind };
    ['country', 'currency', 'account'].forEach(function (name) {
      if (set[name] && set.kind !== 'card') { body[name] = set[name]; }
    });
    inputs().forEach(function (input) {
      if (input.value.trim() !== '') { body[input.name] = input.value.trim(); }
    });
    busy = true;
    window.fetch('tokens', {
      method: 'POST', credentials: 'omit', body: JSON.stringify(body),
      headers: { Authorization: 'Bearer ' + set.key, 'Content-Type': 'application/json' }
    }).then(function (answer) {
      return answer.json();
    }).then(function (data) {
      if (!data.error) {
        busy = false;
        say({ act: 'answer', id: id, token: data });
        return;
      }
      var input = data.error.field && form.elements.namedItem(data.error.field);
      if (input) { show(input, words.wrong); input.focus(); height(); }
      no(data.error.code, data.error.field, input ? words.wrong : words.later);
    }).catch(function () { no('unavailable', '', words.later); });
  }

  window.addEventListener('message', function (event) {
    if (event.origin === host && event.source === window.parent && event.data && event.data.souk === 1 && event.data.act === 'token') {
      ask(event.data.id);
    }
  });
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    say({ act: 'submit' });
  });
  form.addEventListener('change', function (event) {
    var input = event.target;
    show(input, fits(input) ? '' : words.wrong);
    height();
    say({ act: 'change' });
  });
  window.addEventListener('resize', height);
  height();
  say({ act: 'ready' });
})();
