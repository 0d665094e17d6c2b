#pragma once

#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include "gap/model/overlay/overlay.h"
#include "gap/model/surface/surface.h"

/// What cereal writes of each result. A change here is a change of the command's build, under which
/// results are kept, and needs no version of its own.
namespace torchdevice::gap {

template <class Archive>
void serialize(Archive& archive, TorchIdentity& it) {
  archive(it.version, it.git, it.platform, it.python, it.cuda, it.location);
}

template <class Archive>
void serialize(Archive& archive, Parameter& it) {
  archive(it.name, it.kind, it.default_value, it.annotation);
}

template <class Archive>
void serialize(Archive& archive, Signature& it) {
  archive(it.parameters, it.returns, it.source, it.confidence, it.file, it.line);
}

template <class Archive>
void serialize(Archive& archive, SurfaceName& it) {
  archive(it.name, it.kind, it.public_by, it.defined_as, it.alias_of, it.file, it.line,
          it.condition, it.deprecated, it.paths, it.decorators, it.bases, it.signatures);
}

template <class Archive>
void serialize(Archive& archive, UnknownName& it) {
  archive(it.name, it.reason, it.place);
}

template <class Archive>
void serialize(Archive& archive, Surface& it) {
  archive(it.torch, it.names, it.unknown, it.problems);
}

template <class Archive>
void serialize(Archive& archive, Difference& it) {
  archive(it.what, it.parameter, it.detail, it.breaks_valid_calls);
}

template <class Archive>
void serialize(Archive& archive, Comparison& it) {
  archive(it.verdict, it.differences);
}

template <class Archive>
void serialize(Archive& archive, Patch& it) {
  archive(it.target, it.kind, it.file, it.line, it.how, it.condition, it.reached, it.temporary,
          it.replacement, it.replacement_signatures, it.original_signatures, it.comparison,
          it.superseded_by);
}

template <class Archive>
void serialize(Archive& archive, UnknownPatch& it) {
  archive(it.what, it.reason, it.place);
}

template <class Archive>
void serialize(Archive& archive, Overlay& it) {
  archive(it.subject, it.torch, it.patches, it.unknown, it.problems);
}

}  // namespace torchdevice::gap
