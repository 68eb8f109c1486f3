// Puts the person of a photo into other poses on Android, with LiteRT's CompiledModel (com.google.ai.edge.litert:litert 2.x).
// The model is what gfla convert --keypoints --split wrote, in float32 or float16, among the app's assets.

import android.content.res.AssetManager
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.TensorBuffer

/** encoded: names of what encode gives, `signatures.encode.outputs` of the file's description (gfla.json). */
class Repose(assets: AssetManager, name: String, private val encoded: List<String>) : AutoCloseable {
  private val model = CompiledModel.create(assets, name, CompiledModel.Options(Accelerator.GPU))
  private val image = model.createInputBuffer("source_image", "encode")
  private val source = model.createInputBuffer("source_keypoints", "encode")
  private val target = model.createInputBuffer("target_keypoints", "generate")
  private val between = encoded.associateWith { model.createOutputBuffer(it, "encode") }
  private val generateInputs: Map<String, TensorBuffer> =
    between + mapOf("source_image" to image, "target_keypoints" to target)
  private val outputs = OUTPUTS.associateWith { model.createOutputBuffer(it, "generate") }

  /** Once for a photo. pixels: RGB bytes of the network's size, cut by the rule of docs/phone.md; joints: 18 times x, y, confidence. */
  fun encode(pixels: ByteArray, joints: FloatArray) {
    image.writeFloat(FloatArray(pixels.size) { (pixels[it].toInt() and 0xff) / 127.5f - 1 })
    source.writeFloat(joints)
    model.run(mapOf("source_image" to image, "source_keypoints" to source), between, "encode")
  }

  /** For every pose: RGB bytes of the picture. joints: in pixels of the network's picture. */
  fun generate(joints: FloatArray): ByteArray {
    target.writeFloat(joints)
    model.run(generateInputs, outputs, "generate")
    val values = outputs.getValue("generated").readFloat()
    return ByteArray(values.size) { Math.round((values[it] + 1) * 127.5f).coerceIn(0, 255).toByte() }
  }

  override fun close() {
    (between.values + outputs.values + listOf(image, source, target)).forEach { it.close() }
    model.close()
  }

  private companion object {
    // All that generate gives: signatures.generate.outputs. These are people_256's.
    val OUTPUTS = listOf("alpha", "drawn", "flow_0", "flow_3", "flow_4", "generated", "mask_3", "mask_4", "roles")
  }
}
