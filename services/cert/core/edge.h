// HTTP first: where all hosts of a renewal lead to our own edge, and nowhere else, the CA can be
// answered there without anything being done in DNS. Pure.

#pragma once

#include <string>
#include <vector>

#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/model.h"

namespace cert {

// Whether it is worth a look where the hosts of this order lead: it renews something, no order has
// failed by HTTP since the last issuance, none of its names is a wildcard (RFC 8555, 8.3), and its
// domains are validated otherwise.
bool MayGoByHttpFirst(const Order& order, const Certificate& certificate,
                      const std::vector<Domain>& domains);

// Each host is asked over HTTP for a token that there is not, since that shows all its addresses,
// and whether our edge answers there.
std::vector<Question> EdgeQuestions(const Order& order);

// Whether `evidence` answers these questions.
bool IsEdgeLook(const Evidence& evidence);

// Whether every perspective saw each host at addresses of the edge only, all of which answered.
// `edge_addresses` are spelled as inet_ntop(3) does.
bool LeadsToEdge(const Evidence& evidence, const std::vector<std::string>& edge_addresses);

// Whether an order that failed so may do by its domains' own method.
bool MayBeForHttp(FindingCode code);

}  // namespace cert
