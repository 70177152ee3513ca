using System.Security.Cryptography;
using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Acl;

/// <summary>What a user may do at one moment, prepared for asking. Never changes, so that all threads may ask at once. Data plane.</summary>
internal sealed unsafe class Permissions
{
    private readonly SelectorPermissions[] _selectors;
    private readonly byte[][] _passwords;

    public Permissions(UserRules rules)
    {
        Rules = rules;
        _selectors = [.. rules.Selectors.Select(selector => new SelectorPermissions(selector))];
        _passwords = [.. rules.Passwords.Select(Convert.FromHexString)];
        IsUnrestricted = Array.Exists(_selectors, selector => selector.IsUnrestricted);
        AllChannels = Array.Exists(_selectors, selector => selector.AllChannels);
    }

    /// <summary>The rules that are behind it; not to be changed.</summary>
    public UserRules Rules { get; }

    /// <summary>Whether every command is permitted with whatever arguments, so that nobody needs to ask.</summary>
    public bool IsUnrestricted { get; }

    public bool AllChannels { get; }

    /// <summary>
    /// Whether a command with these arguments is permitted: by one selector alone, commands, keys and channels. If it is not, then the reason is the
    /// weightiest of all selectors', and <paramref name="position"/> the last argument to which that applies.
    /// </summary>
    public AclVerdict Check(CommandDescriptor command, Argument* arguments, int count, out int position)
    {
        position = 0;
        var worst = AclVerdict.Command;
        int at = 0;
        foreach (var selector in _selectors)
        {
            var verdict = selector.Check(command, arguments, count, ref at);
            if (verdict == AclVerdict.Allowed)
                return AclVerdict.Allowed;
            if (verdict > worst || (verdict == worst && at > position))
            {
                worst = verdict;
                position = at;
            }
        }
        return worst;
    }

    /// <summary>Whether one selector permits the command and the reading of every key (SORT with BY or GET may read any).</summary>
    public bool PermitsReadingAll(CommandDescriptor command, Argument* arguments, int count)
    {
        foreach (var selector in _selectors)
        {
            if (selector.PermitsReadingAll(command, arguments, count))
                return true;
        }
        return false;
    }

    /// <summary>Whether a channel, or the very pattern, is granted by some selector.</summary>
    public bool PermitsChannel(ReadOnlySpan<byte> channel, bool isPattern)
    {
        foreach (var selector in _selectors)
        {
            if (selector.PermitsChannel(channel, isPattern))
                return true;
        }
        return false;
    }

    /// <summary>Whether a user with this password may come in. The passwords are compared in a time that tells nothing about them.</summary>
    public bool Accepts(ReadOnlySpan<byte> password)
    {
        if (!Rules.IsOn || Rules.NoPassword)
            return Rules.IsOn;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(password, hash);
        bool isAccepted = false;
        foreach (byte[] known in _passwords)
            isAccepted |= CryptographicOperations.FixedTimeEquals(hash, known);
        return isAccepted;
    }
}
