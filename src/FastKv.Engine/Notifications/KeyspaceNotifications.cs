using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Notifications;

/// <summary>
/// Publishes what happens to keys (notify-keyspace-events; https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/). Data plane, under the
/// partition's ownership word.
/// </summary>
/// <remarks>
/// <code>
///   class K   channel "__keyspace@DB__:KEY"      message EVENT
///   class E   channel "__keyevent@DB__:EVENT"    message KEY
/// </code>
/// The partition where a key lives publishes for it, so what happens to one key comes in its order; between keys of several partitions there is none. With
/// nobody to hear it an event costs two tests; else the channel's name is composed on the stack, or for a long key in the heap.
/// </remarks>
internal static class KeyspaceNotifications
{
    /// <summary>Longer names of channels are composed in the heap.</summary>
    private const int StackBytesMax = 512;

    /// <summary>Bytes of a channel's name besides the key or event: <c>__keyspace@2147483647__:</c>.</summary>
    private const int FrameBytesMax = 32;

    /// <summary>Publishes an event whose class is wanted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Publish(Database database, KeyspaceEvents eventClass, ReadOnlySpan<byte> eventName, in Key key)
    {
        var events = database.Partition.NotifiedEvents;
        if (!database.Partition.Channels.HasEventSubscribers || (events & eventClass) == 0)
            return;
        if ((events & KeyspaceEvents.Keyspace) != 0)
            Publish(database, "__keyspace@"u8, key.Span, eventName);
        if ((events & KeyspaceEvents.Keyevent) != 0)
            Publish(database, "__keyevent@"u8, eventName, key.Span);
    }

    [SkipLocalsInit]
    private static unsafe void Publish(Database database, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> message)
    {
        int bytesMax = FrameBytesMax + subject.Length;
        byte* stack = stackalloc byte[StackBytesMax];
        byte* name = bytesMax <= StackBytesMax ? stack : database.Heap.Allocate(bytesMax);
        var text = new SpanText(new Span<byte>(name, bytesMax));
        text.Add(kind);
        text.Add(database.Index);
        text.Add("__:"u8);
        text.Add(subject);
        database.Partition.Channels.Publish(text.Written, message);
        if (name != stack)
            database.Heap.Free(name, bytesMax);
    }
}
