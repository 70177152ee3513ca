namespace FastKv.Engine.Commands.SortedSets;

// Data plane. A range of members as commands spell it: "[a" (inclusive), "(a" (exclusive), "-" (before all), "+" (behind all).

/// <summary>One end of a range of members.</summary>
internal readonly ref struct MemberBound
{
    /// <summary>-1: before all members; 1: behind all members; 0: <see cref="Member"/> tells.</summary>
    public readonly int Infinity;
    public readonly bool IsExclusive;
    public readonly ReadOnlySpan<byte> Member;

    private MemberBound(int infinity) => Infinity = infinity;

    private MemberBound(ReadOnlySpan<byte> member, bool isExclusive)
    {
        Member = member;
        IsExclusive = isExclusive;
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out MemberBound bound)
    {
        bound = default;
        if (text.IsEmpty)
            return false;
        switch (text[0])
        {
            case (byte)'-' when text.Length == 1:
                bound = new MemberBound(-1);
                return true;
            case (byte)'+' when text.Length == 1:
                bound = new MemberBound(1);
                return true;
            case (byte)'[':
            case (byte)'(':
                bound = new MemberBound(text[1..], text[0] == '(');
                return true;
            default:
                return false;
        }
    }

    /// <summary>The order of two bounds.</summary>
    public static int Compare(in MemberBound left, in MemberBound right)
    {
        if (left.Infinity != 0 || right.Infinity != 0)
            return left.Infinity.CompareTo(right.Infinity);
        return left.Member.SequenceCompareTo(right.Member);
    }
}

/// <summary>A range of members.</summary>
internal ref struct MemberBounds
{
    public MemberBound Min;
    public MemberBound Max;

    /// <summary>Whether no member can be in it.</summary>
    public readonly bool IsEmpty
    {
        get
        {
            int order = MemberBound.Compare(Min, Max);
            return order > 0 || (order == 0 && (Min.IsExclusive || Max.IsExclusive));
        }
    }

    /// <summary>Reads two arguments, or replies that one is no bound.</summary>
    public static bool TryParse(scoped ref CommandContext context, int minIndex, int maxIndex, out MemberBounds bounds)
    {
        bounds = default;
        if (MemberBound.TryParse(context[minIndex], out bounds.Min) && MemberBound.TryParse(context[maxIndex], out bounds.Max))
            return true;
        context.Reply.Error(Errors.MemberRange);
        return false;
    }

    /// <summary>Whether a member is not before the range.</summary>
    public readonly bool IsAtOrBehindMin(ReadOnlySpan<byte> member)
    {
        if (Min.Infinity != 0)
            return Min.Infinity < 0;
        int order = member.SequenceCompareTo(Min.Member);
        return order > 0 || (order == 0 && !Min.IsExclusive);
    }

    /// <summary>Whether a member is not behind the range.</summary>
    public readonly bool IsAtOrBeforeMax(ReadOnlySpan<byte> member)
    {
        if (Max.Infinity != 0)
            return Max.Infinity > 0;
        int order = member.SequenceCompareTo(Max.Member);
        return order < 0 || (order == 0 && !Max.IsExclusive);
    }
}
