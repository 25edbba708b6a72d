// souk.js draws a vault's fields in frames of the vault's origin, which no script of this
// page can read, and hands this page a token for what is typed there.
(function (root, doc) {
  'use strict';
  var base = new URL('.', doc.currentScript.src);
  var vault = base.origin;

  function problem(code, field, message) {
    var e = new Error(message || code);
    e.code = code;
    e.field = field || '';
    return e;
  }

  // A field is one frame. What it says counts only if it comes from that frame's window and
  // from the vault's origin; what it is told is told to the vault's origin alone.
  function Field(key, kind, place, options) {
    var self = this;
    var at = typeof place === 'string' ? doc.querySelector(place) : place;
    if (!at) { throw problem('invalid_element'); }
    var query = new URLSearchParams({ key: key, kind: kind, origin: root.location.origin });
    ['country', 'currency', 'account', 'lang', 'way'].forEach(function (name) {
      if (options[name]) { query.set(name, options[name]); }
    });
    this.asked = {};
    this.last = 0;
    this.on = options.on || function () {};
    this.frame = doc.createElement('iframe');
    this.frame.src = base.href + 'v1/frame?' + query;
    this.frame.title = options.title || kind;
    this.frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms');
    this.frame.style.border = '0';
    this.frame.style.width = '100%';
    this.ready = new Promise(function (done) { self.begun = done; });
    this.hear = function (event) {
      if (event.origin === vault && event.source === self.frame.contentWindow && event.data && event.data.souk === 1) {
        self.heard(event.data);
      }
    };
    root.addEventListener('message', this.hear);
    at.appendChild(this.frame);
  }

  Field.prototype.heard = function (data) {
    if (data.act === 'ready') {
      this.begun();
    } else if (data.act === 'height' && data.height > 0 && data.height < 5000) {
      this.frame.style.height = data.height + 'px';
    } else if (data.act === 'answer' && this.asked[data.id]) {
      var ask = this.asked[data.id];
      delete this.asked[data.id];
      if (data.error) {
        ask.no(problem(String(data.error.code), String(data.error.field || ''), String(data.error.message || '')));
      } else {
        ask.yes(data.token);
      }
    }
    if (data.act === 'ready' || data.act === 'change' || data.act === 'submit') { this.on(data.act); }
  };

  // token promises a token for what is typed: {token, kind, last4, …}. What is wrong with it
  // is shown in the frame, and is the reason of a refusal: {code, field, message}.
  Field.prototype.token = function () {
    var self = this;
    return this.ready.then(function () {
      return new Promise(function (yes, no) {
        var id = ++self.last;
        self.asked[id] = { yes: yes, no: no };
        root.setTimeout(function () {
          if (self.asked[id]) {
            delete self.asked[id];
            no(problem('no_answer'));
          }
        }, 60000);
        self.frame.contentWindow.postMessage({ souk: 1, act: 'token', id: id }, vault);
      });
    });
  };

  // destroy takes the frame away, and with it what is typed there.
  Field.prototype.destroy = function () {
    root.removeEventListener('message', this.hear);
    this.frame.remove();
  };

  // Souk is what a page begins with: new Souk('pk_…').
  function Souk(key) {
    this.key = key;
  }

  // Souk.cards has what draws the acquirers' own fields for cards, by name: each has
  // mount(element, settings, options), which promises {token(), destroy()} as fields have.
  Souk.cards = {};

  Souk.prototype.bank = function (place, options) { return new Field(this.key, 'bank', place, options || {}); };

  Souk.prototype.identity = function (place, options) { return new Field(this.key, 'identity', place, options || {}); };

  // card promises fields for a card: the acquirer's own, or those of the tests.
  Souk.prototype.card = function (place, options) {
    var key = this.key;
    return root.fetch(base.href + 'v1/card-fields', {
      method: 'POST', credentials: 'omit', headers: { Authorization: 'Bearer ' + key }
    }).then(function (answer) {
      return answer.json();
    }).then(function (mount) {
      if (mount.error) { throw problem(mount.error.code, mount.error.field, mount.error.message); }
      if (mount.name === 'test') { return new Field(key, 'card', place, options || {}); }
      var draws = Object.prototype.hasOwnProperty.call(Souk.cards, mount.name) && Souk.cards[mount.name];
      if (!draws) { throw problem('unknown_card_fields', '', mount.name); }
      return draws.mount(typeof place === 'string' ? doc.querySelector(place) : place, mount.settings || {}, options || {});
    });
  };

  root.Souk = Souk;
})(window, document);
