'use strict';
var form = document.getElementById('bank');
var asks = form.dataset;
var fields = new Souk(asks.key).bank('#fields', {country: asks.country, currency: asks.currency, account: asks.account, title: 'Bank details'});
form.addEventListener('submit', function (event) {
  event.preventDefault();
  fields.token().then(function (made) {
    form.elements.token.value = made.token;
    form.submit();
  }, function () {}); // what is wrong is shown among the fields
});
