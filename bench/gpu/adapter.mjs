import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireGpu } from '../../dist/src/engine/gpu/process.js'

/**
 * The adapter that the product finds.
 * @param software whether one that computes on the CPU will do where there is no other
 * @throws Error with the product's reason, NoGpuError when there is none on this machine
 */
export async function findAdapter({ software }) {
  try {
    return await look()
  } catch (error) {
    if (!software) throw error
    console.log(`${error.message}. A software adapter is measured instead.`)
  }
  Object.assign(process.env, { GRUFLOW_SOFTWARE_GPU: '1', ...(await swiftShader()) })
  return look()
}

async function look() {
  const gpu = await acquireGpu()
  const { adapter, name } = gpu
  gpu.release()
  return { ...adapter, name }
}

/** The environment in which the Vulkan loader finds SwiftShader, where the package that has it is installed and runs. */
async function swiftShader() {
  if (process.env.VK_DRIVER_FILES || process.platform !== 'linux' || process.arch !== 'x64') return {}
  let chromium
  try {
    chromium = (await import('@sparticuz/chromium')).default
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return {}
  }
  await chromium.executablePath()
  return { LD_LIBRARY_PATH: tmpdir(), VK_DRIVER_FILES: join(tmpdir(), 'vk_swiftshader_icd.json') }
}
