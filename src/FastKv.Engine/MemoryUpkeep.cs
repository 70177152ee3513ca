using FastKv.Memory;

namespace FastKv.Engine;

// Control plane. What is done now and then for the process's memory, and may wait for other threads or take milliseconds: on a thread of its own, so that no
// loop does. The first loop's tick says when.

/// <summary>
/// Gives memory that nobody needs back to the kernel (large freed blocks, freed buffers, the compiler's), and gathers what filled up on small pages on huge ones.
/// </summary>
internal sealed class MemoryUpkeep : IDisposable
{
    /// <summary>Freed buffers go back to the kernel when their bytes have fallen by this much.</summary>
    private const long BufferBytesToTrim = 16 << 20;

    // After so long without a method compiled, the compiler is taken to rest.
    private const long CompilerQuietMs = 500;

    // The runtime keeps the compiler's working memory (some megabytes) for its next use. Its finalizer thread lets it go in two steps, each at least two
    // seconds after the one before, but only when it is woken, and without collections nothing wakes it: three times.
    private const long CompilerReleaseMs = 2_100;
    private const int CompilerReleases = 3;

    private readonly object _gate = new();
    private readonly Thread _thread;
    private readonly Action _requestRelease;
    private Chores _wanted;
    private long _bufferBytesPeak;
    private long _compiledMethods, _nextReleaseMs;
    private int _releasesLeft;

    internal MemoryUpkeep()
    {
        _thread = new Thread(Run, maxStackSize: 256 << 10) { Name = "memory", IsBackground = true };
        _requestRelease = () => Request(Chores.Release);
    }

    [Flags]
    private enum Chores
    {
        Trim = 1,
        ReleaseCompiler = 2,
        GatherPages = 4,
        Release = 8,
        End = 16,
    }

    /// <summary>Starts the thread, once.</summary>
    internal void Start()
    {
        _thread.Start();
        AddressSpace.ReleaseAside(_requestRelease);
    }

    /// <summary>Ends the thread, if it was started.</summary>
    public void Dispose()
    {
        if (!_thread.IsAlive)
            return;
        AddressSpace.StopReleasingAside(_requestRelease);
        Request(Chores.End);
        _thread.Join();
    }

    /// <summary>Asks for what is due; the first loop's, <c>hz</c> times a second. O(1).</summary>
    internal void Tick(long nowMs)
    {
        long buffers = NativeBlock.OutstandingBytes;
        _bufferBytesPeak = Math.Max(_bufferBytesPeak, NativeBlock.TakePeak());
        if (_bufferBytesPeak - buffers > BufferBytesToTrim)
        {
            _bufferBytesPeak = buffers;
            RequestTrim();
        }
        if (AddressSpace.HasPagesToGather)
            Request(Chores.GatherPages);
        TickCompiler(nowMs);
    }

    /// <summary>Asks that freed buffers go back to the kernel. Any thread.</summary>
    internal void RequestTrim() => Request(Chores.Trim);

    // Each time the code of a command becomes hot, the compiler leaves memory behind.
    private void TickCompiler(long nowMs)
    {
        long compiled = System.Runtime.JitInfo.GetCompiledMethodCount();
        if (compiled != _compiledMethods)
        {
            _compiledMethods = compiled;
            _nextReleaseMs = nowMs + CompilerQuietMs;
            _releasesLeft = CompilerReleases;
        }
        else if (_releasesLeft > 0 && nowMs >= _nextReleaseMs)
        {
            _nextReleaseMs = nowMs + CompilerReleaseMs;
            _releasesLeft--;
            Request(Chores.ReleaseCompiler);
        }
    }

    private void Request(Chores chores)
    {
        lock (_gate)
        {
            _wanted |= chores;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        Sharding.Affinity.YieldToShards();
        while (true)
        {
            Chores chores;
            lock (_gate)
            {
                while (_wanted == 0)
                    Monitor.Wait(_gate);
                chores = _wanted;
                _wanted = 0;
            }
            if ((chores & Chores.End) != 0)
                return;
            if ((chores & Chores.Release) != 0)
                AddressSpace.ReleasePending();
            if ((chores & Chores.GatherPages) != 0)
                AddressSpace.GatherPages();
            if ((chores & Chores.ReleaseCompiler) != 0)
                GC.WaitForPendingFinalizers();
            if ((chores & (Chores.ReleaseCompiler | Chores.Trim)) != 0)
                NativeBlock.Trim();
        }
    }
}
