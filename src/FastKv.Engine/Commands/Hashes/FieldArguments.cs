using FastKv.Protocol;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. What the commands about times to live of fields have in common: FIELDS numfields field …, and times.

/// <summary>Arguments of field commands.</summary>
internal static class FieldArguments
{
    /// <summary>Redis keeps times of fields in 46 bits.</summary>
    private const long ExpiryMsMax = 0x0000_FFFF_FFFF_FFFF >> 2;

    /// <summary>Checks that FIELDS, their number and just so many fields stand from <paramref name="index"/> on; replies an error if not.</summary>
    /// <param name="context">The command.</param>
    /// <param name="index">Where FIELDS has to be; the first field is two behind it.</param>
    /// <param name="countError">The reply to a number of fields that is none.</param>
    public static bool TryFields(ref CommandContext context, int index, ReadOnlySpan<byte> countError)
    {
        if (index + 1 >= context.Count || !context.Is(index, "FIELDS"u8))
            context.Reply.Error(Errors.FieldsMissing);
        else if (!NumberText.TryParseInt64(context[index + 1], out long count) || count < 1)
            context.Reply.Error(countError);
        else if (count != context.Count - index - 2)
            context.Reply.Error(Errors.FieldCountMismatch);
        else
            return true;
        return false;
    }

    /// <summary>The time in argument <paramref name="index"/> as Unix milliseconds; replies an error if it is none.</summary>
    /// <param name="context">The command.</param>
    /// <param name="index">Where the time stands.</param>
    /// <param name="baseMs">What it is relative to.</param>
    /// <param name="unitMs">Its unit.</param>
    /// <param name="expiryMs">The time, at least 0.</param>
    public static bool TryTime(ref CommandContext context, int index, long baseMs, long unitMs, out long expiryMs)
    {
        if (!context.TryInteger(index, out expiryMs))
            return false;
        if (expiryMs < 0)
        {
            context.Reply.Error(Errors.ExpiryNegative);
            return false;
        }
        if (expiryMs > ExpiryMsMax / unitMs || expiryMs * unitMs > ExpiryMsMax - baseMs)
        {
            context.Reply.Error(Errors.InvalidExpiryPrefix, CommandText.NameOf(context.Command), Errors.InCommandSuffix);
            return false;
        }
        expiryMs = expiryMs * unitMs + baseMs;
        return true;
    }

    /// <summary>Whether argument <paramref name="index"/> is EX, PX, EXAT or PXAT, and what the time behind it means.</summary>
    public static bool IsTime(ref CommandContext context, int index, out long baseMs, out long unitMs)
    {
        var word = context[index];
        bool isAbsolute = word.Length == 4;
        baseMs = isAbsolute ? 0 : context.NowMs;
        unitMs = 1;
        if (isAbsolute ? context.Is(index, "PXAT"u8) : context.Is(index, "PX"u8))
            return true;
        unitMs = 1000;
        return isAbsolute ? context.Is(index, "EXAT"u8) : context.Is(index, "EX"u8);
    }
}
