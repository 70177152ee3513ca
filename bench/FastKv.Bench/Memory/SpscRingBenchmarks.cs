using BenchmarkDotNet.Attributes;
using FastKv.Memory;

namespace FastKv.Bench.Memory;

/// <summary>What passing a 64-byte message to another shard costs, by batch: on one thread (the instructions) and between two (the lines).</summary>
[MemoryDiagnoser]
public class SpscRingBenchmarks
{
    private const int Operations = 1 << 16;

    private readonly SpscRing<Message> _ring = new(1024);
    private readonly SpscRing<Message> _replies = new(1024);
    private Thread? _echo;
    private volatile bool _stop;

    /// <summary>Messages per publish.</summary>
    [Params(1, 8, 64)]
    public int Batch { get; set; }

    /// <summary>Starts the shard that echoes.</summary>
    [GlobalSetup(Target = nameof(RoundTrip))]
    public void StartEcho()
    {
        _stop = false;
        _echo = new Thread(Echo) { IsBackground = true };
        _echo.Start();
    }

    /// <summary>Stops it.</summary>
    [GlobalCleanup(Target = nameof(RoundTrip))]
    public void StopEcho()
    {
        _stop = true;
        _echo?.Join();
    }

    /// <summary>Enqueue, publish and dequeue on one thread.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void OneThread()
    {
        for (int i = 0; i < Operations; i += Batch)
        {
            Send(i);
            for (int j = 0; j < Batch; j++)
                _ring.TryDequeue(out _);
        }
    }

    /// <summary>A batch to another thread and back, both awake.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void RoundTrip()
    {
        for (int i = 0; i < Operations; i += Batch)
        {
            Send(i);
            for (int received = 0; received < Batch;)
            {
                if (_replies.TryDequeue(out _))
                    received++;
                else
                    Thread.SpinWait(1);
            }
        }
    }

    private void Send(int first)
    {
        for (int j = 0; j < Batch; j++)
            _ring.TryEnqueue(new Message { Number = first + j });
        _ring.Publish();
    }

    private void Echo()
    {
        while (!_stop)
        {
            bool any = false;
            while (_ring.TryDequeue(out Message message))
            {
                _replies.TryEnqueue(message);
                any = true;
            }

            if (any)
                _replies.Publish();
            else
                Thread.SpinWait(1);
        }
    }

    /// <summary>A message of one cache line.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Size = 64)]
    public struct Message
    {
        /// <summary>What is passed.</summary>
        public long Number;
    }
}
