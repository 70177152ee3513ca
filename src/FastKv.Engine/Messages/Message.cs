using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FastKv.Engine.Messages;

// Data plane. Bytes that are the same for all their receivers: encoded once, counted references, freed by whoever delivers them last.
//
//   | header | form of RESP3 receivers | form of RESP2 receivers, if it is another |
//
// Without a second form RESP2 receivers get the first one, whose first byte becomes '*' when it is '>' (a push).

/// <summary>What becomes of a message at special receivers.</summary>
[Flags]
internal enum MessageFlags
{
    None = 0,

    /// <summary>It counts as a reply: CLIENT REPLY OFF silences it, as it does what MONITOR shows.</summary>
    IsReply = 1,

    /// <summary>It has a form for RESP2 of its own.</summary>
    HasResp2 = 2,

    /// <summary>RESP2 receivers get it only while they have subscriptions (what CLIENT TRACKING redirects).</summary>
    SubscribersInResp2 = 4,

    /// <summary>What CLIENT TRACKING tells: it may have to go to another connection.</summary>
    Invalidation = 8,
}

/// <summary>The header of a message's block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageBlock
{
    public PoolBlock Block;
    public long Length;
    public long Resp2Length;
    public int References;
    public MessageFlags Flags;
}

/// <summary>A reference to a message; the value itself is not counted.</summary>
internal readonly unsafe struct Message(MessageBlock* block)
{
    public readonly MessageBlock* Block = block;

    public bool IsNull => Block == null;

    public MessageFlags Flags => Block->Flags;

    /// <summary>Bytes it takes in memory.</summary>
    public long AllocatedBytes => Block->Block.AllocatedBytes;

    /// <summary>The form for RESP3 receivers, or for all.</summary>
    public byte* Data => (byte*)(Block + 1);

    public long Length => Block->Length;

    /// <summary>The form for RESP2 receivers.</summary>
    public byte* Resp2Data => (Flags & MessageFlags.HasResp2) != 0 ? Data + Block->Length : Data;

    public long Resp2Length => (Flags & MessageFlags.HasResp2) != 0 ? Block->Resp2Length : Block->Length;

    /// <summary>One more holder; by one who holds it.</summary>
    public void AddReference() => Interlocked.Increment(ref Block->References);

    /// <summary>One holder less; true: it was the last, and gives the block back.</summary>
    public bool TryDrop()
    {
        // A sole holder need not tell anybody.
        bool isLast = Volatile.Read(ref Block->References) == 1 || Interlocked.Decrement(ref Block->References) == 0;
        Debug.Assert(isLast || Block->References > 0, "dropped once per holder");
        return isLast;
    }

    /// <summary>Gives up what <see cref="MessageWriter.End"/> or <see cref="AddReference"/> gave.</summary>
    public void Release()
    {
        if (TryDrop())
            MessagePool.Return(&Block->Block, &Block->Block);
    }
}
