#include "cert/store/testing/samples.h"

namespace cert::testing {

Finding SampleFinding() {
  return {.code = FindingCode::kTxtWhereCnameBelongs,
          .sentence = "At _acme-challenge.www.shop.test is \"a TXT\" — a CNAME belongs there.",
          .record_type = "CNAME",
          .record_name = "_acme-challenge.www.shop.test",
          .expected = "www.shop.test.d1.acme.padlock.test",
          .seen = {"x", "y;\\z"},
          .where = {"ns1.shop.test (192.0.2.1) from ams"},
          .fix = "_acme-challenge.www.shop.test. CNAME www.shop.test.d1.acme.padlock.test.",
          .fix_relative_name = "_acme-challenge.www"};
}

Evidence SampleEvidence() {
  const observation::Observation seen{.role = observation::ServerRole::kRecursive,
                                      .server = "alpha",
                                      .address = "192.0.2.53",
                                      .zone = "shop.test",
                                      .outcome = observation::Outcome::kBogus,
                                      .vote = observation::Vote::kDisagree,
                                      .rcode = 2,
                                      .extended_error = 6,
                                      .owner = "target.test",
                                      .cname_chain = {"a.test", "target.test"},
                                      .values = {"one", "two\\000"},
                                      .ttl = absl::Seconds(300),
                                      .negative_ttl = absl::Seconds(60),
                                      .soa_serial = 4'294'967'295U,
                                      .authenticated_data = true,
                                      .over_tcp = true,
                                      .round_trip_time = absl::Microseconds(1234),
                                      .observe_time = kThen,
                                      .note = "EDE 6",
                                      .validating = true,
                                      .asked_zone = "asked.test"};
  const Question question{.name = "_padlock.www.shop.test",
                          .type = observation::RecordType::kTxt,
                          .scope = observation::Scope::kAuthoritativeThenRecursive,
                          .expected_values = {"padlock-verify=1"}};
  const View full{.perspective = "ams",
                  .worker = "w1",
                  .observations = {seen, observation::Observation{}},
                  .failure = ""};
  const View empty{
      .perspective = "iad", .worker = "", .observations = {}, .failure = "no worker is connected"};
  return {Answer{.question = question, .views = {full, empty}}};
}

Domain SampleDomain(const std::string& suffix) {
  return {.tenant = kTenant,
          .id = DomainId("dom_" + suffix),
          .hostname = "www" + suffix + ".shop.test",
          .wildcard = true,
          .method = ValidationMethod::kTxt,
          .claim_value = "padlock-verify=" + suffix,
          .delegation_target = "www" + suffix + ".shop.test.d1.padlock.test",
          .canary_value = "padlock-canary=" + suffix,
          .certificate = CertificateId("crt_" + suffix),
          .idempotency_key = "key-" + suffix,
          .request_id = "request",
          .progress = {.state = DomainState::kPending,
                       .tries = 3,
                       .start_time = kThen,
                       .due_time = kThen + absl::Seconds(5)},
          .finding = SampleFinding(),
          .create_time = kThen,
          .prove_time = kThen + absl::Seconds(1),
          .check_time = kThen + absl::Seconds(2)};
}

Certificate SampleCertificate(const std::string& suffix) {
  return {.tenant = kTenant,
          .id = CertificateId("crt_" + suffix),
          .domain = DomainId("dom_" + suffix),
          .domains = {DomainId("dom_" + suffix)},
          .names = {"www.shop.test", "*.www.shop.test"},
          .settings = {.authorities = {"second", "first"},
                       .keys = KeyChoice::kDual,
                       .csr_pem = "request",
                       .method = ValidationMethod::kHttp},
          .request_id = "request",
          .progress = {.state = CertificateState::kOrdering,
                       .tries = 1,
                       .start_time = kThen,
                       .due_time = kThen + absl::Seconds(6)},
          .order = OrderId("ord_" + suffix),
          .issuance = IssuanceId("iss_" + suffix),
          .renew_time = kThen + absl::Hours(24),
          .second_issuance = IssuanceId("iss_2nd" + suffix),
          .second_renew_time = kThen + absl::Hours(25),
          .failed_orders = 2,
          .ca_failures = {{.ca = "first",
                           .trouble = CaTrouble::kRefusesNames,
                           .count = 1,
                           .time = kThen,
                           .retry_time = absl::InfiniteFuture()},
                          {.ca = "second",
                           .trouble = CaTrouble::kCaaForbids,
                           .count = 2,
                           .time = kThen,
                           .retry_time = kThen + absl::Minutes(1)}},
          .finding = SampleFinding(),
          .create_time = kThen};
}

Order SampleOrder(const std::string& suffix) {
  Order order{.tenant = kTenant,
              .id = OrderId("ord_" + suffix),
              .certificate = CertificateId("crt_" + suffix),
              .ca = "pebble",
              .names = {"*.www.shop.test", "www.shop.test"},
              .key_type = KeyType::kRsa2048,
              .request_id = "request",
              .progress = {.state = OrderState::kPropagating,
                           .tries = 4,
                           .start_time = kThen,
                           .due_time = kThen + absl::Seconds(7)},
              .caa_check_time = kThen + absl::Seconds(3),
              .new_order_sent = true,
              .order_url = "https://ca.test/order/" + suffix,
              .finalize_url = "https://ca.test/finalize/" + suffix,
              .csr_der = std::string("\x30\x00\xff", 3),
              .finalize_sent = true,
              .expire_time = kThen + absl::Hours(1),
              .finding = SampleFinding(),
              .intent_time = kThen};
  order.key = SealedSecret{.key_id = "kek1", .octets = std::string("\x00\x01\xfe", 3)};
  for (const bool wildcard : {false, true}) {
    const std::string number = wildcard ? "2" : "1";
    order.authorizations.push_back({.url = "https://ca.test/authz/" + suffix + number,
                                    .identifier = "www.shop.test",
                                    .wildcard = wildcard,
                                    .challenge_url = "https://ca.test/chall/" + suffix + number,
                                    .txt_value = "token-" + suffix + "-" + number,
                                    .valid = wildcard,
                                    .domain = DomainId("dom_" + suffix),
                                    .delegation_target = "www.shop.test.d1.padlock.test"});
  }
  return order;
}

Issuance SampleIssuance(const std::string& suffix) {
  return {.tenant = kTenant,
          .id = IssuanceId("iss_" + suffix),
          .certificate = CertificateId("crt_" + suffix),
          .order = OrderId("ord_" + suffix),
          .ca = "pebble",
          .serial = "00ff" + suffix,
          .issuer = "CN=Pebble Intermediate",
          .names = {"www.shop.test"},
          .validity = {.not_before = absl::FromUnixSeconds(1'700'000'000),
                       .not_after = absl::FromUnixSeconds(1'707'775'999)},
          .chain_pem = "-----BEGIN CERTIFICATE-----\n",
          .key_type = KeyType::kRsa2048,
          .key = SealedSecret{.key_id = "kek1", .octets = std::string("\x00key", 4)},
          .create_time = kThen};
}

Event SampleEvent(const std::string& message) {
  Event event;
  event.type = EventType::kDomainChecked;
  event.domain = DomainId("dom_1");
  event.certificate = CertificateId("crt_1");
  event.order = OrderId("ord_1");
  event.actor = "padlock-cert";
  event.request_id = "request";
  event.message = message;
  event.attempt = 7;
  return event;
}

}  // namespace cert::testing
