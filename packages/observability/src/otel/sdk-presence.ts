import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';

const noTracerProvider = new ProxyTracerProvider().getDelegate();
const noMeterProvider = metrics.getMeterProvider().constructor;

/** Says whether somebody has registered an SDK: before that, every span would be a span of nothing. */
export function isSdkPresent(): boolean {
  const provider = trace.getTracerProvider();
  const traces =
    !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== noTracerProvider;
  return traces || metrics.getMeterProvider().constructor !== noMeterProvider;
}
