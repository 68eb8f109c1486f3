// Puts the person of a photo into other poses on iOS, with the pod TensorFlowLiteSwift. Not compiled by this project's tests.
// The model is what gfla convert --keypoints --split wrote, in float32 or float16.

import Foundation
import TensorFlowLite

final class Repose {
  private let encodeRunner: SignatureRunner
  private let generateRunner: SignatureRunner
  private let interpreter: Interpreter

  init(modelPath: String) throws {
    interpreter = try Interpreter(modelPath: modelPath)
    encodeRunner = try interpreter.signatureRunner(with: "encode")
    generateRunner = try interpreter.signatureRunner(with: "generate")
    try encodeRunner.allocateTensors()
    try generateRunner.allocateTensors()
  }

  /// Once for a photo. `pixels`: RGB bytes of the network's size, cut by the rule of docs/phone.md; `joints`: 18 times x, y, confidence.
  func encode(pixels: [UInt8], joints: [Float]) throws {
    let image = data(pixels.map { Float($0) / 127.5 - 1 })
    try encodeRunner.copy(image, toInputNamed: "source_image")
    try encodeRunner.copy(data(joints), toInputNamed: "source_keypoints")
    try encodeRunner.invoke()
    for name in encodeRunner.outputs {
      try generateRunner.copy(encodeRunner.output(named: name).data, toInputNamed: name)
    }
    if generateRunner.inputs.contains("source_image") {  // networks that carry the photo's pixels along
      try generateRunner.copy(image, toInputNamed: "source_image")
    }
  }

  /// For every pose: RGB bytes of the picture. `joints`: in pixels of the network's picture.
  func generate(joints: [Float]) throws -> [UInt8] {
    try generateRunner.copy(data(joints), toInputNamed: "target_keypoints")
    try generateRunner.invoke()
    let values = try generateRunner.output(named: "generated").data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    return values.map { UInt8(min(max((($0 + 1) * 127.5).rounded(), 0), 255)) }
  }

  private func data(_ values: [Float]) -> Data {
    values.withUnsafeBufferPointer { Data(buffer: $0) }
  }
}
