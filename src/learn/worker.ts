import { fitSegment } from './segment/fit.ts'
import { serve } from './serve.ts'

serve(fitSegment)
