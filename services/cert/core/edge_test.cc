#include "cert/core/edge.h"

#include <gtest/gtest.h>

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;

const std::vector<std::string> kEdge{"192.0.2.80", "2001:db8::80"};

Certificate InForce() { return {.issuance = IssuanceId("iss_a")}; }

std::vector<Domain> Delegated() { return {{.hostname = "shop.test"}}; }

Order OrderFor(std::vector<std::string> names) { return {.names = std::move(names)}; }

Evidence Seeing(std::vector<Observation> observations) {
  Evidence evidence;
  for (Question& question : EdgeQuestions(OrderFor({"shop.test"}))) {
    evidence.push_back({.question = std::move(question),
                        .views = {{.perspective = "ams", .observations = observations}}});
  }
  return evidence;
}

Observation SeenAt(const std::string& address, Outcome outcome = Outcome::kNoData) {
  return {.address = address, .outcome = outcome};
}

TEST(MayGoByHttpFirstTest, RenewalsWithoutWildcard) {
  const Order order = OrderFor({"shop.test"});
  EXPECT_TRUE(MayGoByHttpFirst(order, InForce(), Delegated()));
  EXPECT_FALSE(MayGoByHttpFirst(order, Certificate{}, Delegated()));
  EXPECT_FALSE(MayGoByHttpFirst(OrderFor({"*.shop.test", "shop.test"}), InForce(), Delegated()));
  Certificate failed = InForce();
  failed.avoids_http = true;
  EXPECT_FALSE(MayGoByHttpFirst(order, failed, Delegated()));
  EXPECT_FALSE(MayGoByHttpFirst(order, InForce(), {{.method = ValidationMethod::kHttp}}));
}

TEST(LeadsToEdgeTest, WhenEveryAddressIsOursAndAnswers) {
  EXPECT_TRUE(LeadsToEdge(Seeing({SeenAt("192.0.2.80")}), kEdge));
  EXPECT_TRUE(LeadsToEdge(Seeing({SeenAt("192.0.2.80"), SeenAt("2001:db8::80")}), kEdge));
  EXPECT_FALSE(LeadsToEdge(Seeing({SeenAt("192.0.2.80"), SeenAt("192.0.2.81")}), kEdge));
  EXPECT_FALSE(LeadsToEdge(Seeing({SeenAt("192.0.2.80", Outcome::kUnreachable)}), kEdge));
  EXPECT_FALSE(LeadsToEdge(Seeing({}), kEdge));
  EXPECT_FALSE(LeadsToEdge({}, kEdge));
}

TEST(LeadsToEdgeTest, EachHostFromEachPerspective) {
  Evidence evidence = Seeing({SeenAt("192.0.2.80")});
  evidence.front().views.push_back({.perspective = "nyc", .failure = "no worker"});
  EXPECT_FALSE(LeadsToEdge(evidence, kEdge));
  evidence = Seeing({SeenAt("192.0.2.80")});
  evidence.push_back(Seeing({SeenAt("198.51.100.1")}).front());
  EXPECT_FALSE(LeadsToEdge(evidence, kEdge));
}

TEST(IsEdgeLookTest, KnowsItsOwnQuestions) {
  EXPECT_TRUE(IsEdgeLook(Seeing({})));
  EXPECT_FALSE(IsEdgeLook({}));
  Evidence token = Seeing({});
  token.front().question.expected_values = {"another.token"};
  EXPECT_FALSE(IsEdgeLook(token));
}

}  // namespace
}  // namespace cert
