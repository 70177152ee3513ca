using System.Runtime.CompilerServices;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. Fields keep their time to live.

/// <summary>HINCRBY and HINCRBYFLOAT.</summary>
internal static unsafe class HashCounters
{
    [Command("HINCRBY", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "2.0.0",
        Summary = "Increment the integer value of a hash field by the given number", Complexity = "O(1)", Syntax = "key field increment:integer")]
    [SkipLocalsInit]
    internal static void HIncrBy(ref CommandContext context)
    {
        if (!context.TryInteger(3, out long increment) || !HashEdit.TryOpen(ref context, out var hash))
            return;
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        var position = hash.FindOrExpire(context[2]);
        long value = 0;
        if (position.Exists && !NumberText.TryParseInt64(hash.Value(position, new Span<byte>(digits, NumberText.Int64CharsMax)), out value))
        {
            context.Reply.Error(Errors.HashValueNotAnInteger);
            return;
        }

        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            context.Reply.Error(Errors.IncrementOverflow);
            return;
        }
        int length = NumberText.Format(digits, sum);
        hash.Put(position, context[2], new ReadOnlySpan<byte>(digits, length), HashValue.KeepExpiry);
        hash.Close(1, "hincrby"u8);
        context.Reply.Integer(sum);
    }

    [Command("HINCRBYFLOAT", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "2.6.0",
        Summary = "Increment the float value of a hash field by the given amount", Complexity = "O(1)", Syntax = "key field increment:double")]
    [SkipLocalsInit]
    internal static void HIncrByFloat(ref CommandContext context)
    {
        if (!ExtendedDouble.TryParse(context[3], out var increment))
        {
            context.Reply.Error(Errors.NotAFloat);
            return;
        }
        if (increment.IsNaN || increment.IsInfinity)
        {
            context.Reply.Error(Errors.NanOrInfinity);
            return;
        }
        if (!HashEdit.TryOpen(ref context, out var hash))
            return;
        Span<byte> text = stackalloc byte[ExtendedDouble.HumanCharsMax];
        var position = hash.FindOrExpire(context[2]);
        ExtendedDouble value = default;
        if (position.Exists && !ExtendedDouble.TryParse(hash.Value(position, text), out value))
        {
            context.Reply.Error(Errors.HashValueNotAFloat);
            return;
        }

        value = ExtendedDouble.Add(value, increment);
        if (value.IsNaN || value.IsInfinity)
        {
            context.Reply.Error(Errors.FloatOverflow);
            return;
        }
        text = text[..value.FormatHuman(text)];
        hash.Put(position, context[2], text, HashValue.KeepExpiry);
        hash.Close(1, "hincrbyfloat"u8);
        if (context.IsJournaled)
            Tell(ref context, position, text);
        context.Reply.BulkString(text);
    }

    // HSET takes a field's time to live away; the counter keeps it.
    private static void Tell(ref CommandContext context, FieldPosition position, ReadOnlySpan<byte> value)
    {
        var key = context.Key(1);
        context.BeginEffect(key, "HSET"u8, 4).Add(key.Span).Add(context[2]).Add(value);
        var database = context.Database(key);
        var entry = database.Peek(key);
        if (!position.Exists || !HashValue.MayExpireFields(entry))
            return;
        long expiryMs = HashValue.ExpiryMs(entry.Block, HashValue.Find(database.Values, entry.Block, context[2], context.NowMs));
        if (expiryMs > 0)
            FieldEffects.ExpireAt(context, key, expiryMs, context[2]);
    }
}
