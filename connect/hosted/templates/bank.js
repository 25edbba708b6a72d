// The fields for bank details are the vault's. When the form is sent, what is typed there
// becomes a token, and the token is what is sent.
(function () {
  'use strict';
  var at = document.getElementById('souk-bank');
  if (!at || !window.Souk) { return; }
  var form = at.closest('form');
  var token = form.elements.bank_token;
  var button = form.querySelector('button[type=submit]');
  var fields = new window.Souk(at.dataset.key).bank(at, {
    country: at.dataset.country, currency: at.dataset.currency, account: at.dataset.account, lang: document.documentElement.lang, title: at.dataset.title
  });
  form.addEventListener('submit', function (event) {
    if (token.value) { return; }
    event.preventDefault();
    button.disabled = true;
    fields.token().then(function (made) {
      token.value = made.token;
      form.submit();
    }, function () { // what is wrong is shown in the frame
      button.disabled = false;
    });
  });
})();
