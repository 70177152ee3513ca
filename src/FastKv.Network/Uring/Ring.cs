// One io_uring instance: the two shared rings, and the one system call that submits and waits. Data plane.
//
//   entries  [ sqe sqe sqe ... ]     written by us up to _tail, taken by the kernel up to *_kernelHead (during io_uring_enter)
//   answers  [ cqe cqe cqe ... ]     written by the kernel up to *_completionTail, freed by us up to *_completionHead
//
// Flags: SINGLE_ISSUER | DEFER_TASKRUN make the kernel do its completion work inside our own io_uring_enter instead of interrupting the
// thread; without them the same server costs almost twice the CPU per request. The ring is created disabled, so that the thread that first
// polls becomes the issuer. Kernels older than 6.1 fall back to COOP_TASKRUN, then to no flag. TASKRUN_FLAG makes the kernel show in the
// shared ring that it has something for us, so that a spinning loop need not ask by system call.
using FastKv.Network.Native;

namespace FastKv.Network.Uring;

internal sealed unsafe class Ring : IDisposable
{
    private static readonly uint[] s_setups =
    [
        UringAbi.SetupSingleIssuer | UringAbi.SetupDeferTaskRun | UringAbi.SetupTaskRunFlag | UringAbi.SetupSubmitAll,
        UringAbi.SetupCoopTaskRun | UringAbi.SetupTaskRunFlag | UringAbi.SetupSubmitAll,
        0,
    ];

    private readonly byte* _ringMemory;
    private readonly nuint _ringBytes;
    private readonly SubmissionEntry* _entries;
    private readonly nuint _entriesBytes;
    private readonly uint* _kernelHead;
    private readonly uint* _kernelTail;
    private readonly uint* _submissionFlags;
    private readonly uint _submissionMask;
    private readonly uint _submissionCount;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly CompletionEntry* _completions;
    private readonly uint _completionMask;
    private uint _tail;
    private bool _enabled;

    /// <summary>
    /// Sets a ring up; throws <see cref="NetworkException"/> with the errno or the missing feature. <paramref name="setupsSkipped"/> leaves out
    /// the best 1 or 2 sets of flags, as an older kernel would.
    /// </summary>
    internal Ring(uint submissionEntries, uint completionEntries, int setupsSkipped = 0)
    {
        RingParameters parameters = default;
        Descriptor = SetUp(submissionEntries, completionEntries, setupsSkipped, ref parameters);
        RequireFeatures(parameters.Features);
        nuint submissionBytes = parameters.Submission.Array + (parameters.SubmissionEntries * sizeof(uint));
        nuint completionBytes = parameters.Completion.Entries + (parameters.CompletionEntries * (uint)sizeof(CompletionEntry));
        _ringBytes = submissionBytes > completionBytes ? submissionBytes : completionBytes;
        _entriesBytes = parameters.SubmissionEntries * (uint)sizeof(SubmissionEntry);
        _ringMemory = MapShared(_ringBytes, UringAbi.SubmissionRingOffset);
        _entries = (SubmissionEntry*)MapShared(_entriesBytes, UringAbi.SubmissionEntriesOffset);

        _kernelHead = (uint*)(_ringMemory + parameters.Submission.Head);
        _kernelTail = (uint*)(_ringMemory + parameters.Submission.Tail);
        _submissionFlags = (uint*)(_ringMemory + parameters.Submission.Flags);
        _submissionMask = parameters.SubmissionEntries - 1;
        _submissionCount = parameters.SubmissionEntries;
        _completionHead = (uint*)(_ringMemory + parameters.Completion.Head);
        _completionTail = (uint*)(_ringMemory + parameters.Completion.Tail);
        _completions = (CompletionEntry*)(_ringMemory + parameters.Completion.Entries);
        _completionMask = parameters.CompletionEntries - 1;

        // Entries are always used in ring order, so the indirection array is the identity, once and for all.
        uint* indirection = (uint*)(_ringMemory + parameters.Submission.Array);
        for (uint i = 0; i < _submissionCount; i++) indirection[i] = i;
    }

    internal int Descriptor { get; }

    /// <summary>The flags the kernel accepted.</summary>
    internal uint SetupFlags { get; private set; }

    /// <summary>Requests written and not yet taken by the kernel.</summary>
    internal uint Unsubmitted => _tail - Volatile.Read(ref *_kernelHead);

    /// <summary>Whether an <see cref="Enter(long)"/> would neither bring nor take anything: requests, completions, or work that waits in the kernel.</summary>
    internal bool IsIdle
    {
        get
        {
            const uint Pending = UringAbi.SubmissionTaskRun | UringAbi.SubmissionOverflow;
            return Unsubmitted == 0 && (Volatile.Read(ref *_submissionFlags) & Pending) == 0
                && Volatile.Read(ref *_completionTail) == *_completionHead;
        }
    }

    /// <summary>Makes the calling thread the ring's issuer. Once, before the first <see cref="Enter(long)"/>.</summary>
    internal void EnsureEnabled()
    {
        if (_enabled) return;
        _enabled = true;
        if ((SetupFlags & UringAbi.SetupRingDisabled) == 0) return;
        int error = Register(UringAbi.RegisterEnableRings, null, 0);
        if (error != 0) throw new NetworkException("io_uring_register", error);
    }

    /// <summary>A cleared request to fill in; submits what is there if the ring is full.</summary>
    internal SubmissionEntry* Next()
    {
        if (Unsubmitted == _submissionCount) Submit();
        SubmissionEntry* entry = _entries + (_tail & _submissionMask);
        _tail++;
        *entry = default;
        return entry;
    }

    /// <summary>
    /// Submits, lets the kernel do its completion work, and waits for one completion: at most the given time, 0 not at all, -1 without limit.
    /// A signal, the time limit, a shortage of memory and a full completion ring end it early, without harm: the next turn enters again.
    /// </summary>
    internal void Enter(long timeoutMicroseconds)
    {
        Volatile.Write(ref *_kernelTail, _tail);
        KernelTimespec timespec = KernelTimespec.FromMicroseconds(Math.Max(0, timeoutMicroseconds));
        WaitArgument argument = default;
        if (timeoutMicroseconds > 0) argument.Timespec = (ulong)&timespec;
        uint waitFor = timeoutMicroseconds == 0 ? 0u : 1u;
        const uint Flags = UringAbi.EnterGetEvents | UringAbi.EnterExtendedArgument;
        int error = Enter(Unsubmitted, waitFor, Flags, &argument, (nuint)sizeof(WaitArgument));
        if (error is not (0 or Errno.EINTR or Errno.ETIME or Errno.EAGAIN or Errno.EBUSY)) throw new NetworkException("io_uring_enter", error);
    }

    /// <summary>
    /// Submits everything without waiting. EAGAIN (no memory for a request) passes; a ring that never drains does not, and is a defect.
    /// </summary>
    internal void Submit()
    {
        const int AttemptsMax = 1000;
        EnsureEnabled();
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            Volatile.Write(ref *_kernelTail, _tail);
            Enter(Unsubmitted, 0, 0, null, 0);
            if (Unsubmitted == 0) return;
            Thread.Sleep(0);
        }

        throw new NetworkException("The kernel takes no requests from the io_uring submission ring.");
    }

    /// <summary>The completions that are there: [head, tail), to be read with <see cref="Completion"/> and given back with <see cref="Release"/>.</summary>
    internal void Completions(out uint head, out uint tail)
    {
        head = *_completionHead;
        tail = Volatile.Read(ref *_completionTail);
    }

    internal CompletionEntry* Completion(uint position) => _completions + (position & _completionMask);

    internal void Release(uint head) => Volatile.Write(ref *_completionHead, head);

    /// <summary>io_uring_register; returns 0 or an errno.</summary>
    internal int Register(uint operation, void* argument, uint count) => Register(Descriptor, operation, argument, count);

    internal static int Register(int descriptor, uint operation, void* argument, uint count)
    {
        long result = Libc.SystemCall(Libc.SYS_io_uring_register, descriptor, (nint)operation, (nint)argument, (nint)count, 0, 0);
        return result >= 0 ? 0 : Libc.LastError;
    }

    public void Dispose()
    {
        Libc.Close(Descriptor);
        if (_entries != null) Libc.Unmap(_entries, _entriesBytes);
        if (_ringMemory != null) Libc.Unmap(_ringMemory, _ringBytes);
    }

    private int Enter(uint submit, uint waitFor, uint flags, void* argument, nuint argumentBytes)
    {
        long result = Libc.SystemCall(
            Libc.SYS_io_uring_enter, Descriptor, (nint)submit, (nint)waitFor, (nint)flags, (nint)argument, (nint)argumentBytes);
        return result >= 0 ? 0 : Libc.LastError;
    }

    private int SetUp(uint submissionEntries, uint completionEntries, int setupsSkipped, ref RingParameters parameters)
    {
        int error = 0;
        foreach (uint setup in s_setups.AsSpan(setupsSkipped))
        {
            parameters = default;
            parameters.CompletionEntries = completionEntries;
            parameters.Flags = setup | UringAbi.SetupCqSize | UringAbi.SetupClamp | UringAbi.SetupRingDisabled;
            fixed (RingParameters* p = &parameters)
            {
                long result = Libc.SystemCall(Libc.SYS_io_uring_setup, (nint)submissionEntries, (nint)p, 0, 0, 0, 0);
                if (result >= 0)
                {
                    SetupFlags = parameters.Flags;
                    return (int)result;
                }
            }

            error = Libc.LastError;
            if (error != Errno.EINVAL) break;
        }

        throw new NetworkException("io_uring_setup", error);
    }

    private void RequireFeatures(uint features)
    {
        const uint Needed = UringAbi.FeatureSingleMap | UringAbi.FeatureNoDrop | UringAbi.FeatureSubmitStable
            | UringAbi.FeatureFastPoll | UringAbi.FeatureExtendedArgument;
        if ((features & Needed) == Needed) return;
        Libc.Close(Descriptor);
        throw new NetworkException($"the kernel's io_uring lacks features (has 0x{features:x}, needs 0x{Needed:x})");
    }

    private byte* MapShared(nuint bytes, long offset)
    {
        void* memory = Libc.Map(null, bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, Descriptor, (nint)offset);
        if (memory != Libc.MapFailed) return (byte*)memory;
        int error = Libc.LastError;
        Dispose();
        throw new NetworkException("mmap", error);
    }
}
