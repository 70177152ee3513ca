using System.Runtime.InteropServices;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Messages;
using FastKv.Memory;

namespace FastKv.Engine.PubSub;

// Data plane. The note that a client which has gone leaves at a partition: what it had subscribed to there.
//
//   | next | bytes | receiver | count | (hash, kind, length, name, padding to 8) … |

/// <summary>The header of a note.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Departure
{
    public Departure* Next;
    public long Bytes;
    public Receiver Receiver;
    public long Count;

    /// <summary>Writes a note on those of the subscriptions that the partition keeps; null: there are none.</summary>
    public static Departure* Create(in Receiver receiver, List<Subscription> subscriptions, Channels channels)
    {
        long bytes = sizeof(Departure);
        long count = 0;
        foreach (var subscription in subscriptions)
        {
            if (!channels.Keeps(subscription.Kind, subscription.Key))
                continue;
            bytes += BytesOf(subscription.Name.Length);
            count++;
        }
        if (count == 0)
            return null;
        var departure = (Departure*)NativeBlock.Allocate(bytes);
        departure->Next = null;
        departure->Bytes = bytes;
        departure->Receiver = receiver;
        departure->Count = count;
        byte* position = (byte*)(departure + 1);
        foreach (var subscription in subscriptions)
        {
            if (!channels.Keeps(subscription.Kind, subscription.Key))
                continue;
            var entry = (Entry*)position;
            entry->Hash = subscription.Hash;
            entry->Kind = subscription.Kind;
            entry->Length = subscription.Name.Length;
            subscription.Name.CopyTo(new Span<byte>(entry + 1, entry->Length));
            position += BytesOf(entry->Length);
        }
        return departure;
    }

    /// <summary>Removes what the note names from the tables of the partition, and frees the note.</summary>
    public static void Apply(Departure* departure, Channels channels)
    {
        byte* position = (byte*)(departure + 1);
        for (long i = 0; i < departure->Count; i++)
        {
            var entry = (Entry*)position;
            channels.Remove(entry->Kind, new Key((byte*)(entry + 1), entry->Length, entry->Hash), departure->Receiver);
            position += BytesOf(entry->Length);
        }
        Free(departure);
    }

    public static void Free(Departure* departure) => NativeBlock.Free((byte*)departure, departure->Bytes);

    private static long BytesOf(int nameLength) => sizeof(Entry) + ((nameLength + 7L) & ~7L);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public ulong Hash;
        public SubscriptionKind Kind;
        public int Length;
    }
}
