using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Acl;

// Control plane. The file that aclfile names: a line per user, "user <name> <rules>", blank lines, nothing else. Texts are Latin-1, a char per byte.

/// <summary>Reads and writes the users of a file.</summary>
internal static class AclFile
{
    private const string NoChange = "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

    /// <summary>Reads the users of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="allChannelsByDefault"><c>acl-pubsub-default allchannels</c>.</param>
    /// <param name="users">Receives the users; of no use after an error.</param>
    /// <returns>Null, or all that is wrong with the file, in one line.</returns>
    public static string? Read(string path, bool allChannelsByDefault, out Dictionary<string, UserRules> users)
    {
        users = new Dictionary<string, UserRules>(StringComparer.Ordinal);
        if (HostFiles.Read(path, out byte[] content) is { } error)
            return $"Error loading ACLs, opening file '{path}': {error}";
        var errors = new StringBuilder();
        string[] lines = Encoding.Latin1.GetString(content).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = ConfigText.TrimLine(lines[i]);
            if (line.Length > 0)
                ReadLine(line, $"{path}:{i + 1}", i + 1, allChannelsByDefault, users, errors);
        }
        return errors.Length == 0 ? null : errors.Append(NoChange).ToString();
    }

    /// <summary>Replaces the file by one with the users' lines; returns the error, or null.</summary>
    public static string? Write(string path, IEnumerable<string> lines) =>
        HostFiles.Replace(path, Encoding.Latin1.GetBytes(string.Concat(lines.Select(line => line + "\n"))));

    private static void ReadLine(
        string line, string place, int number, bool allChannelsByDefault, Dictionary<string, UserRules> users, StringBuilder errors)
    {
        string[] words = line.Split(' ');
        if (words[0] != "user" || words.Length < 2)
        {
            errors.Append($"{place} should start with user keyword followed by the username. ");
            return;
        }
        string name = words[1];
        if (SelectorRules.HasSpaces(name))
        {
            errors.Append($"'{place}: username '{name}' contains invalid characters. ");
            return;
        }
        var rules = new UserRules(allChannelsByDefault);
        if (!users.TryAdd(name, rules))
        {
            errors.Append($"WARNING: Duplicate user '{name}' found on line {number}. ");
            return;
        }
        if (UserRules.Merge(words[2..], out _) is { } merged)
            Apply(rules, merged, place, errors);
        else
            errors.Append($"{place}: Unmatched parenthesis in selector definition.");
    }

    // Of a user's errors the first is reported, and every unknown command: those are no secrets.
    private static void Apply(UserRules rules, List<string> words, string place, StringBuilder errors)
    {
        bool isReported = false;
        foreach (string word in words)
        {
            string rule = word.Trim('\t', '\r', '\n');
            var error = rules.Apply(rule);
            if (error == RuleError.Unknown)
            {
                errors.Append($"{place}: Error in applying operation '{rule}': {error.Text()}. ");
            }
            else if (error != RuleError.None && !isReported)
            {
                errors.Append($"{place}: {error.Text()}. ");
                isReported = true;
            }
        }
    }
}
