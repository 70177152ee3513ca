// The kernel's io_uring interface as far as the engine uses it (include/uapi/linux/io_uring.h). Layouts are fixed for ever.
using System.Runtime.InteropServices;

namespace FastKv.Network.Uring;

/// <summary><c>struct io_uring_sqe</c>: one request.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)]
    internal byte Opcode;
    [FieldOffset(1)]
    internal byte Flags;
    [FieldOffset(2)]
    internal ushort IoPriority;
    [FieldOffset(4)]
    internal int Descriptor;
    [FieldOffset(8)]
    internal ulong Offset;
    [FieldOffset(16)]
    internal ulong Address;
    [FieldOffset(24)]
    internal uint Length;
    [FieldOffset(28)]
    internal uint OperationFlags;
    [FieldOffset(32)]
    internal ulong UserData;
    [FieldOffset(40)]
    internal ushort BufferGroup;
}

/// <summary><c>struct io_uring_cqe</c>: one answer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    internal ulong UserData;
    internal int Result;
    internal uint Flags;
}

/// <summary><c>struct io_sqring_offsets</c> and <c>io_cqring_offsets</c>, which share their first fields' order only.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubmissionRingOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint RingMask;
    internal uint RingEntries;
    internal uint Flags;
    internal uint Dropped;
    internal uint Array;
    internal uint Reserved;
    internal ulong UserAddress;
}

/// <summary><c>struct io_cqring_offsets</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionRingOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint RingMask;
    internal uint RingEntries;
    internal uint Overflow;
    internal uint Entries;
    internal uint Flags;
    internal uint Reserved;
    internal ulong UserAddress;
}

/// <summary><c>struct io_uring_params</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingParameters
{
    internal uint SubmissionEntries;
    internal uint CompletionEntries;
    internal uint Flags;
    internal uint ThreadCpu;
    internal uint ThreadIdle;
    internal uint Features;
    internal uint WorkQueueDescriptor;
    internal uint Reserved0;
    internal uint Reserved1;
    internal uint Reserved2;
    internal SubmissionRingOffsets Submission;
    internal CompletionRingOffsets Completion;
}

/// <summary><c>struct io_uring_getevents_arg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WaitArgument
{
    internal ulong SignalMask;
    internal uint SignalMaskBytes;
    internal uint MinWaitMicroseconds;
    internal ulong Timespec;
}

/// <summary><c>struct io_uring_buf_reg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferRingRegistration
{
    internal ulong RingAddress;
    internal uint RingEntries;
    internal ushort BufferGroup;
    internal ushort Flags;
    internal ulong Reserved0;
    internal ulong Reserved1;
    internal ulong Reserved2;
}

/// <summary><c>struct io_uring_buf</c>. The ring's tail lies in the last field of entry 0, which therefore is never written through this.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferRingEntry
{
    internal ulong Address;
    internal uint Length;
    internal ushort BufferId;
    internal ushort Tail;
}

internal static class UringAbi
{
    internal const uint SetupCqSize = 1 << 3;
    internal const uint SetupClamp = 1 << 4;
    internal const uint SetupRingDisabled = 1 << 6;
    internal const uint SetupSubmitAll = 1 << 7;
    internal const uint SetupCoopTaskRun = 1 << 8;
    internal const uint SetupTaskRunFlag = 1 << 9;
    internal const uint SetupSingleIssuer = 1 << 12;
    internal const uint SetupDeferTaskRun = 1 << 13;

    internal const uint FeatureSingleMap = 1 << 0;
    internal const uint FeatureNoDrop = 1 << 1;
    internal const uint FeatureSubmitStable = 1 << 2;
    internal const uint FeatureFastPoll = 1 << 5;
    internal const uint FeatureExtendedArgument = 1 << 8;

    internal const uint EnterGetEvents = 1 << 0;
    internal const uint EnterExtendedArgument = 1 << 3;

    internal const uint RegisterEnableRings = 12;
    internal const uint RegisterBufferRing = 22;
    internal const uint RegisterSendMessageRing = 31;

    internal const byte OpPollAdd = 6;
    internal const byte OpSendMessage = 9;
    internal const byte OpAccept = 13;
    internal const byte OpAsyncCancel = 14;
    internal const byte OpSend = 26;
    internal const byte OpReceive = 27;
    internal const byte OpMessageRing = 40;

    internal const byte EntryBufferSelect = 1 << 5;

    internal const ushort AcceptMultishot = 1 << 0;
    internal const ushort ReceiveMultishot = 1 << 1;
    internal const uint PollMultishot = 1 << 0;
    internal const uint CancelAll = 1 << 0;
    internal const uint CancelByDescriptor = 1 << 1;

    internal const uint CompletionBuffer = 1 << 0;
    internal const uint CompletionMore = 1 << 1;
    internal const int CompletionBufferShift = 16;

    internal const uint SubmissionOverflow = 1 << 1;
    internal const uint SubmissionTaskRun = 1 << 2;

    internal const long SubmissionRingOffset = 0;
    internal const long SubmissionEntriesOffset = 0x10000000;
}
