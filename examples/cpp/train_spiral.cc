// Trains a small classifier on two interleaved spirals, with libtorch on a CUDA device.
//
//   train_spiral [--device cuda|cpu]      prints the loss of every tenth step

#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <utility>

namespace {

struct ClassifierImpl : torch::nn::Module {
  ClassifierImpl()
      : layers(register_module(
            "layers", torch::nn::Sequential(torch::nn::Linear(2, 64),
                                            torch::nn::LayerNorm(torch::nn::LayerNormOptions({64})),
                                            torch::nn::GELU(), torch::nn::Linear(64, 64),
                                            torch::nn::GELU(), torch::nn::Linear(64, 2)))) {}

  torch::Tensor forward(const torch::Tensor& points) { return layers->forward(points); }

  torch::nn::Sequential layers;
};
TORCH_MODULE(Classifier);

/// `count` points of each of two spirals, and the spiral that each belongs to.
std::pair<torch::Tensor, torch::Tensor> spirals(int64_t count) {
  const auto t = torch::linspace(0.1, 1.0, count);
  const auto angle = t * 3 * std::numbers::pi;
  const auto arm = torch::stack({t * angle.cos(), t * angle.sin()}, /*dim=*/1);
  const auto label = torch::zeros({count}, torch::kLong);
  return {torch::cat({arm, -arm}), torch::cat({label, label + 1})};
}

torch::Device device_from_arguments(int argc, char** argv) {
  if (argc == 1) return torch::Device(torch::kCUDA);
  if (argc == 3 && std::string(argv[1]) == "--device") return torch::Device(argv[2]);
  throw std::invalid_argument("usage: train_spiral [--device cuda|cpu]");
}

void train(const torch::Device& device) {
  torch::manual_seed(0);
  // Made on the CPU, then moved, so that every device starts from the same numbers.
  Classifier model;
  model->to(device);
  auto [points, labels] = spirals(256);
  points = points.to(device);
  labels = labels.to(device);

  torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(1e-2));
  for (int step = 0; step <= 100; ++step) {
    optimizer.zero_grad();
    const auto loss = torch::cross_entropy_loss(model->forward(points), labels);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(model->parameters(), 1.0);
    optimizer.step();
    if (step % 10 == 0) std::printf("step %3d  loss %.9g\n", step, loss.item<double>());
  }

  const auto correct = model->forward(points).argmax(1).eq(labels).sum().item<int64_t>();
  std::printf("%lld of %lld points right\n", static_cast<long long>(correct),
              static_cast<long long>(labels.numel()));
}

}  // namespace

int main(int argc, char** argv) try {
  const auto device = device_from_arguments(argc, argv);
  std::printf("device %s, %d CUDA device(s)\n", device.str().c_str(),
              static_cast<int>(torch::cuda::device_count()));
  train(device);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
