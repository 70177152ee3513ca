using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FastKv.Engine.Messages;

// Data plane. What any thread may post to, and one thread takes. Posts form one list to whose front a compare-and-swap adds; the consumer takes the whole
// and turns it round. So all posts have one order, which agrees with what happened before what, whoever posted: what was posted earlier under an ownership
// word is taken earlier than what was posted later under it.
//
//   producers ──CAS──► First ─► newest ─► … ─► oldest          consumer: exchange First with null, reverse

/// <summary>One post: a message for one receiver, or for a list of them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Mail
{
    public PoolBlock Block;
    public Message Message;
    public Receiver Receiver;

    /// <summary>Empty: <see cref="Receiver"/> is meant.</summary>
    public ReceiverList Receivers;

    public Mail* Next => (Mail*)Block.Next;
}

/// <summary>The posts to one loop that it has not taken yet. Many producers, one consumer, no lock; O(1) per post.</summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal unsafe struct MailQueue
{
    [FieldOffset(128)]
    private nint _first;

    [FieldOffset(256)]
    private long _bytes;

    /// <summary>Whether there is anything to take. Any thread.</summary>
    public readonly bool IsEmpty => Volatile.Read(in _first) == 0;

    /// <summary>Bytes of the messages that wait; one that waits for several clients counts once.</summary>
    public readonly long Bytes => Volatile.Read(in _bytes);

    /// <summary>Adds a post; from any thread. A full fence.</summary>
    /// <returns>True: there was none before, so that the consumer may be asleep.</returns>
    public bool Add(Mail* mail)
    {
        while (true)
        {
            nint first = Volatile.Read(ref _first);
            mail->Block.Next = (PoolBlock*)first;
            if (Interlocked.CompareExchange(ref _first, (nint)mail, first) == first)
                return first == 0;
        }
    }

    /// <summary>Counts bytes that have been added, or (negative) taken. Returns the sum.</summary>
    public long Count(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>The consumer: takes all posts, the oldest first.</summary>
    public Mail* Take()
    {
        var newest = (Mail*)Interlocked.Exchange(ref _first, 0);
        Mail* oldest = null;
        while (newest != null)
        {
            var next = newest->Next;
            newest->Block.Next = (PoolBlock*)oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }
}
