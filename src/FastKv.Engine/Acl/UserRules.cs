using System.Security.Cryptography;
using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Acl;

// Control plane. Texts are Latin-1, a char per byte. Beside the rules of selectors, which go to the first one:
//
//   on off  nopass resetpass >password <password #hash !hash  sanitize-payload skip-sanitize-payload  ( rules ) clearselectors  reset

/// <summary>All rules of a user. Changed while they are put together, and never once a user has them.</summary>
internal sealed class UserRules
{
    private readonly bool _allChannelsByDefault;

    /// <summary>The rules of a user that nothing is known of: off, without password, nothing permitted.</summary>
    /// <param name="allChannelsByDefault"><c>acl-pubsub-default allchannels</c>.</param>
    public UserRules(bool allChannelsByDefault)
    {
        _allChannelsByDefault = allChannelsByDefault;
        Selectors.Add(new SelectorRules(allChannelsByDefault));
    }

    /// <summary>A copy to be changed.</summary>
    public UserRules(UserRules other, bool allChannelsByDefault)
    {
        _allChannelsByDefault = allChannelsByDefault;
        IsOn = other.IsOn;
        NoPassword = other.NoPassword;
        SanitizePayload = other.SanitizePayload;
        Passwords.AddRange(other.Passwords);
        foreach (var selector in other.Selectors)
            Selectors.Add(selector.Clone());
    }

    public bool IsOn { get; private set; }

    /// <summary>Any password does.</summary>
    public bool NoPassword { get; private set; }

    /// <summary>Whether RESTORE's payloads are checked: said, or denied; null: nothing was said.</summary>
    public bool? SanitizePayload { get; private set; }

    /// <summary>SHA-256 of each password, in lower-case hexadecimal digits.</summary>
    public List<string> Passwords { get; } = [];

    /// <summary>The first is the user's own, the others were added in parentheses.</summary>
    public List<SelectorRules> Selectors { get; } = [];

    /// <summary>The rules of the default user of a new server: everything, without password.</summary>
    public static UserRules Unrestricted()
    {
        var rules = new UserRules(allChannelsByDefault: false);
        foreach (string rule in (string[])["+@all", "~*", "&*", "on", "nopass"])
            rules.Apply(rule);
        return rules;
    }

    /// <summary>Applies one rule, or says what is wrong with it; after an error the rules are of no use. An empty rule changes nothing.</summary>
    public RuleError Apply(string rule)
    {
        if (rule.Length == 0)
            return RuleError.None;
        switch (SelectorRules.CText(rule).ToLowerInvariant())
        {
            case "on":
                IsOn = true;
                return RuleError.None;
            case "off":
                IsOn = false;
                return RuleError.None;
            case "skip-sanitize-payload":
                SanitizePayload = false;
                return RuleError.None;
            case "sanitize-payload":
                SanitizePayload = true;
                return RuleError.None;
            case "nopass":
                NoPassword = true;
                Passwords.Clear();
                return RuleError.None;
            case "resetpass":
                NoPassword = false;
                Passwords.Clear();
                return RuleError.None;
            case "clearselectors":
                Selectors.RemoveRange(1, Selectors.Count - 1);
                return RuleError.None;
            case "reset":
                Reset();
                return RuleError.None;
        }
        return rule[0] switch
        {
            '>' or '#' => AddPassword(rule),
            '<' or '!' => RemovePassword(rule),
            '(' when rule[^1] == ')' => AddSelector(rule[1..^1]),
            _ => Selectors[0].Apply(rule),
        };
    }

    /// <summary>
    /// Joins selectors that blanks have cut into several words, <c>(+get</c> and <c>~a)</c>. Null: one is not closed, the word at
    /// <paramref name="unmatched"/>.
    /// </summary>
    public static List<string>? Merge(IReadOnlyList<string> words, out int unmatched)
    {
        var merged = new List<string>(words.Count);
        StringBuilder? open = null;
        unmatched = -1;
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            bool isClosed = word.EndsWith(')');
            if (word.StartsWith('(') && !isClosed)
            {
                // As in Redis, one that opens in another starts anew.
                open = new StringBuilder(word);
                unmatched = i;
            }
            else if (open is not null)
            {
                open.Append(' ').Append(word);
                if (!isClosed)
                    continue;
                merged.Add(open.ToString());
                open = null;
            }
            else
            {
                merged.Add(word);
            }
        }
        return open is null ? merged : null;
    }

    /// <summary>SHA-256 of a password in hexadecimal digits.</summary>
    private static string Hash(string password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(password)));

    private static bool IsHash(string text)
    {
        if (text.Length != 2 * SHA256.HashSizeInBytes)
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
                return false;
        }
        return true;
    }

    private void Reset()
    {
        IsOn = NoPassword = false;
        SanitizePayload = true;
        Passwords.Clear();
        Selectors.Clear();
        Selectors.Add(new SelectorRules(_allChannelsByDefault));
    }

    private RuleError AddPassword(string rule)
    {
        string hash = rule[1..];
        if (rule[0] == '>')
            hash = Hash(hash);
        else if (!IsHash(hash))
            return RuleError.BadHash;
        if (!Passwords.Contains(hash))
            Passwords.Add(hash);
        NoPassword = false;
        return RuleError.None;
    }

    private RuleError RemovePassword(string rule)
    {
        string hash = rule[1..];
        if (rule[0] == '<')
            hash = Hash(hash);
        else if (!IsHash(hash))
            return RuleError.BadHash;
        return Passwords.Remove(hash) ? RuleError.None : RuleError.NoSuchPassword;
    }

    private RuleError AddSelector(string text)
    {
        var selector = new SelectorRules(_allChannelsByDefault);

        // As in Redis, a quote that is left open makes a selector without rules.
        foreach (string rule in ConfigText.SplitWords(text) ?? [])
        {
            if (selector.Apply(rule) is var error && error != RuleError.None)
                return error;
        }
        Selectors.Add(selector);
        return RuleError.None;
    }
}
