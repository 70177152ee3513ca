using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Streams;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>
/// Effects that several commands have, in the words in which Redis 7 propagates them. To be called while <see cref="CommandContext.IsJournaled"/>. Data plane.
/// </summary>
internal static unsafe class Effects
{
    /// <summary>The key is gone.</summary>
    public static void Delete(in CommandContext context, in Key key, bool isLazy) =>
        context.BeginEffect(key, isLazy ? "UNLINK"u8 : "DEL"u8, 2).Add(key.Span);

    /// <summary>The key expires at that time.</summary>
    public static void ExpireAt(in CommandContext context, in Key key, long expiryMs) =>
        context.BeginEffect(key, "PEXPIREAT"u8, 3).Add(key.Span).Add(expiryMs);

    /// <summary>The key is this string now, with or without a time to live (0: none, negative: what it had).</summary>
    public static void Set(in CommandContext context, in Key key, ReadOnlySpan<byte> value, long expiryMs)
    {
        if (expiryMs > 0)
            context.BeginEffect(key, "SET"u8, 5).Add(key.Span).Add(value).Add("PXAT"u8).Add(expiryMs);
        else if (expiryMs < 0)
            context.BeginEffect(key, "SET"u8, 4).Add(key.Span).Add(value).Add("KEEPTTL"u8);
        else
            context.BeginEffect(key, "SET"u8, 3).Add(key.Span).Add(value);
    }

    /// <summary>Elements were taken from an end of a list or sorted set; <paramref name="count"/> 0: one, and the command had no count.</summary>
    public static void Pop(in CommandContext context, in Key key, ReadOnlySpan<byte> name, long count)
    {
        if (count == 0)
            context.BeginEffect(key, name, 2).Add(key.Span);
        else
            context.BeginEffect(key, name, 3).Add(key.Span).Add(count);
    }

    /// <summary>An element went from a list to another, which may lie on another shard.</summary>
    public static void Move(in CommandContext context, in Key from, in Key to, ReadOnlySpan<byte> element, bool fromHead, bool toHead)
    {
        if (context.Database(from).Partition != context.Database(to).Partition)
        {
            context.BeginEffect(from, fromHead ? "LPOP"u8 : "RPOP"u8, 2).Add(from.Span);
            context.BeginEffect(to, toHead ? "LPUSH"u8 : "RPUSH"u8, 3).Add(to.Span).Add(element);
            return;
        }
        switch (context.Command.Name)
        {
            case "blmove":
                context.BeginEffect(from, "LMOVE"u8, 5).Add(context, 1, 5);
                break;
            case "brpoplpush":
                context.BeginEffect(from, "RPOPLPUSH"u8, 3).Add(context, 1, 3);
                break;
        }
    }

    /// <summary>A pending entry of a group is as it is now.</summary>
    public static void Claim(
        in CommandContext context, in Key key, StreamGroup* group, StreamConsumer* consumer, StreamId id, StreamPending* pending)
    {
        byte* text = stackalloc byte[64];
        var effect = context.BeginEffect(key, "XCLAIM"u8, 14).Add(key.Span).Add(StreamGroup.NameOf(group)).Add(StreamConsumer.NameOf(consumer)).Add("0"u8);
        effect.Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(id, text))).Add("TIME"u8).Add(pending->DeliveryMs);
        effect.Add("RETRYCOUNT"u8).Add(pending->DeliveryCount).Add("FORCE"u8).Add("JUSTID"u8).Add("LASTID"u8);
        effect.Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(group->LastId, text)));
    }

    /// <summary>A consumer of a group has come into being.</summary>
    public static void CreateConsumer(in CommandContext context, in Key key, StreamGroup* group, StreamConsumer* consumer) =>
        context.BeginEffect(key, "XGROUP"u8, 5).Add("CREATECONSUMER"u8).Add(key.Span).Add(StreamGroup.NameOf(group)).Add(StreamConsumer.NameOf(consumer));

    /// <summary>A group has got on to where it is now.</summary>
    public static void SetGroupId(in CommandContext context, in Key key, StreamGroup* group)
    {
        byte* text = stackalloc byte[64];
        context.BeginEffect(key, "XGROUP"u8, 7).Add("SETID"u8).Add(key.Span).Add(StreamGroup.NameOf(group))
            .Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(group->LastId, text))).Add("ENTRIESREAD"u8).Add(group->EntriesRead);
    }
}
