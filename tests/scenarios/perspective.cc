#include "scenarios/perspective.h"

#include <utility>

#include "probe/check/check_runner.h"
#include "probe/check/http_check.h"

namespace scenarios {
namespace {

probe::Check CheckOf(const cert::Question& question, absl::Duration timeout) {
  probe::Check check{.id = question.name,
                     .name = question.name,
                     .type = question.type,
                     .scope = question.scope,
                     .expected_values = question.expected_values,
                     .timeout = timeout};
  if (question.caa) {
    check.caa = probe::CaaExpectation{.issuer_domains = question.caa->issuer_domains,
                                      .account_uri = question.caa->account_uri,
                                      .validation_method = question.caa->validation_method,
                                      .wildcard = question.caa->wildcard};
  }
  return check;
}

}  // namespace

Perspective::Perspective(const Scenario& scenario, std::size_t index, Timeline& timeline,
                         Draw& draw, base::Metrics& metrics)
    : scenario_(scenario),
      name_(scenario.policy.perspectives[index].name),
      timeline_(timeline),
      asker_(scenario, index, timeline, draw),
      fetcher_(scenario, index, timeline),
      zones_({}),
      environment_{.timers = timeline,
                   .asker = asker_,
                   .zones = zones_,
                   .roots = scenario.roots,
                   .policy = policy_,
                   .resolvers = scenario.resolvers,
                   .authoritative_port = 53,
                   .query_timeout = kQueryTimeout,
                   .clock = timeline,
                   .metrics = metrics,
                   .random = draw} {}

void Perspective::Begin(const cert::Question& question) {
  auto reported = reported_.emplace_back(std::make_shared<Reported>());
  reported->view = {.perspective = name_, .worker = "worker-" + name_};
  const auto done = [reported](probe::Report report) {
    ++reported->count;
    reported->view.observations = std::move(report.observations);
    reported->view.failure = std::move(report.failure);
  };
  probe::Check check = CheckOf(question, scenario_.check_timeout);
  if (question.type == observation::RecordType::kHttp) {
    return Run(std::make_shared<probe::HttpCheck>(environment_, fetcher_, probe::HttpPorts{},
                                                  std::move(check), done));
  }
  Run(std::make_shared<probe::CheckRunner>(environment_, std::move(check), done));
}

// As its owner does, the timeline keeps the check until it is surely over.
template <typename Check>
void Perspective::Run(std::shared_ptr<Check> check) {
  timeline_.After(scenario_.check_timeout + 2 * kQueryTimeout, [check] {});
  check->Begin();
}

std::vector<cert::View> Perspective::TakeViews() {
  std::vector<cert::View> views;
  for (const std::shared_ptr<Reported>& reported : std::exchange(reported_, {})) {
    if (reported->count != 1) reported->view.failure = kNotReportedOnce;
    views.push_back(std::move(reported->view));
  }
  return views;
}

}  // namespace scenarios
