using System.Runtime.CompilerServices;
using FastKv.Engine.Keyspace;
using FastKv.Memory;

namespace FastKv.Engine.Tracking;

// Data plane, under the partition's ownership word. The keys with tracked prefixes that have changed in one partition since its log was sent: written behind
// one another as they change, sorted when they are sent. Sorted, the keys of a prefix stand together, and of a key that changed several times the last
// stands last. Sending n keys costs O(n log n) and two searches per prefix.
//
//   | slot | session | length | key |   slot, session: who changed it, -1 if that is no tracking client

/// <summary>One change in a <see cref="BroadcastLog"/>.</summary>
internal readonly unsafe struct BroadcastKey(byte* pointer, int length, int slot, uint session, int number)
{
    private readonly byte* _pointer = pointer;
    private readonly int _length = length;
    private readonly int _slot = slot;
    private readonly uint _session = session;
    private readonly int _number = number;

    public ReadOnlySpan<byte> Name => new(_pointer, _length);

    /// <summary>Whether the client has made the change.</summary>
    public bool IsOf(Tracker tracker) => _slot == tracker.Slot && _session == tracker.Session;

    public static int Compare(BroadcastKey left, BroadcastKey right)
    {
        int order = left.Name.SequenceCompareTo(right.Name);
        return order != 0 ? order : left._number.CompareTo(right._number);
    }
}

/// <summary>Keys that BCAST clients are to be told of.</summary>
internal unsafe struct BroadcastLog
{
    /// <summary>Whoever runs the partition sends the log at the latest when it has grown to this.</summary>
    public const long BytesMax = 256 << 10;

    private NativeBuffer _bytes;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    public readonly bool IsLong => _bytes.Length > BytesMax;

    public void Add(in Key key, Tracker? writer)
    {
        Header header = new() { Slot = writer?.Slot ?? -1, Session = writer?.Session ?? 0, Length = key.Length };
        _bytes.EnsureFree(sizeof(Header) + key.Length);
        _bytes.Append((byte*)&header, sizeof(Header));
        _bytes.Append(key.Pointer, key.Length);
        _count++;
    }

    /// <summary>Tells the clients of each prefix of the keys that begin with it, and forgets them all.</summary>
    public void Send(NativeHeap heap, TrackedPrefix[] prefixes)
    {
        long bytes = _count * (long)sizeof(BroadcastKey);
        byte* block = heap.Allocate(bytes);
        var keys = new Span<BroadcastKey>(block, _count);
        Read(keys);
        keys.Sort(BroadcastKey.Compare);
        keys = keys[..DropEarlier(keys)];
        foreach (var prefix in prefixes)
        {
            var matching = Matching(keys, prefix.Text);
            if (!matching.IsEmpty)
                Send(matching, prefix);
        }
        heap.Free(block, bytes);
        _count = 0;
        if (_bytes.Capacity > BytesMax)
            _bytes.Release();
        else
            _bytes.Length = 0;
    }

    public void Dispose() => _bytes.Release();

    private static void Send(ReadOnlySpan<BroadcastKey> keys, TrackedPrefix prefix)
    {
        long bytesMax = 0;
        foreach (ref readonly var key in keys)
            bytesMax += InvalidationMessage.BytesMaxOf(key.Name.Length);
        Messages.Message shared = default;
        foreach (var tracker in prefix.Clients)
        {
            if (tracker.Has(TrackingModes.NoLoop))
            {
                SendOthers(keys, bytesMax, tracker);
                continue;
            }
            if (shared.IsNull)
                shared = InvalidationMessage.OfKeys(keys, keys.Length, bytesMax, exceptOf: null);
            tracker.Loop.Mailbox.Post(tracker.Receiver, shared);
        }
        if (!shared.IsNull)
            shared.Release();
    }

    /// <summary>Tells a client with NOLOOP, which gets the keys that others have changed.</summary>
    private static void SendOthers(ReadOnlySpan<BroadcastKey> keys, long bytesMax, Tracker tracker)
    {
        int count = 0;
        foreach (ref readonly var key in keys)
            count += key.IsOf(tracker) ? 0 : 1;
        if (count == 0)
            return;
        var message = InvalidationMessage.OfKeys(keys, count, bytesMax, tracker);
        tracker.Loop.Mailbox.Post(tracker.Receiver, message);
        message.Release();
    }

    private readonly void Read(Span<BroadcastKey> keys)
    {
        byte* at = _bytes.Data;
        for (int i = 0; i < keys.Length; i++)
        {
            var header = Unsafe.ReadUnaligned<Header>(at);
            at += sizeof(Header);
            keys[i] = new BroadcastKey(at, header.Length, header.Slot, header.Session, i);
            at += header.Length;
        }
    }

    /// <summary>Keeps of each key the last change; returns how many keys there are.</summary>
    private static int DropEarlier(Span<BroadcastKey> keys)
    {
        int kept = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (i + 1 == keys.Length || !keys[i].Name.SequenceEqual(keys[i + 1].Name))
                keys[kept++] = keys[i];
        }
        return kept;
    }

    private static ReadOnlySpan<BroadcastKey> Matching(ReadOnlySpan<BroadcastKey> keys, ReadOnlySpan<byte> prefix)
    {
        int first = FirstNotBefore(keys, prefix);
        int end = first;
        while (end < keys.Length && keys[end].Name.StartsWith(prefix))
            end++;
        return keys[first..end];
    }

    private static int FirstNotBefore(ReadOnlySpan<BroadcastKey> keys, ReadOnlySpan<byte> prefix)
    {
        int low = 0;
        int high = keys.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (keys[middle].Name.SequenceCompareTo(prefix) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private struct Header
    {
        public int Slot;
        public uint Session;
        public int Length;
    }
}
